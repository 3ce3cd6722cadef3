import {
  err,
  isCodedError,
  ok,
  toHex,
  type Cancellable,
  type Logger,
  type Result,
  type Scheduler,
} from '#kernel';
import { decodeEvidence, type Chain, type Evidence, type FinalisedBlock } from '#services/block';
import type { PeerId, Transport } from '#services/network';
import { consensusError } from '../errors.ts';
import { EVIDENCE_GOSSIP_DELAY_MS, EVIDENCE_REPEAT_MS } from '../limits.ts';
import { EarlyEvidence, type SourcedEvidence } from './early-evidence.ts';
import { evidenceBatchCodec, packEvidence } from './evidence-batch.ts';
import { EvidenceQueue, type IncomingEvidence } from './evidence-queue.ts';
import type { EvidenceStore } from './evidence-store.ts';
import { PendingEvidence, type AddOutcome } from './pending-evidence.ts';

export interface EvidencePoolComponents {
  readonly chain: Pick<Chain, 'tip' | 'checkEvidence' | 'onFinalised'>;
  readonly transport: Transport;
  readonly store: EvidenceStore;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

export interface EvidencePoolStatistics {
  readonly pending: number;
  readonly pendingBytes: number;
  readonly early: number;
  /** Of what peers sent and nobody could verify yet, encoded. */
  readonly unverifiedBytes: number;
  /** Found by this node. */
  readonly found: number;
  readonly received: number;
  readonly invalid: number;
  /** For want of room. */
  readonly dropped: number;
  /** Of which nothing can be made here and now, without anybody's fault. */
  readonly ignored: number;
}

/** Evidence that waits for a block: found here or sent by peers, verified, kept over restarts. */
export interface EvidencePool {
  /** Reads what the last life left. Call when the chain is open. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Takes what this node found; its height may be in progress. */
  report(evidence: Evidence): void;
  /**
   * EVID-21: takes encoded evidence that somebody hands in, such as a light client.
   *
   * @returns the evidence once it is verified and waits for a block, or why not: `block.*`, `kernel.*`,
   *   `consensus.evidence-pool-full`
   */
  submit(bytes: Uint8Array): Promise<Result<Evidence>>;
  /** Resolves when everything that was reported is durable. */
  settled(): Promise<void>;
  /** Verified and not in a block yet, in order of arrival. */
  pending(): readonly Evidence[];
  statistics(): EvidencePoolStatistics;
}

/** A pool that exchanges evidence on the channel `evidence`. */
export function createEvidencePool(components: EvidencePoolComponents): EvidencePool {
  return new GossipedEvidencePool(components);
}

class GossipedEvidencePool implements EvidencePool {
  readonly #components: EvidencePoolComponents;
  readonly #logger: Logger;
  readonly #pending = new PendingEvidence();
  readonly #early = new EarlyEvidence();
  /** What peers sent and nobody looked at yet. */
  readonly #incoming = new EvidenceQueue();
  /** Added lately and not sent yet, with the peer that has it. */
  readonly #fresh = new Map<string, SourcedEvidence>();
  #counts = { found: 0, received: 0, invalid: 0, dropped: 0, ignored: 0 };
  /** One piece of work after the other. */
  #work: Promise<void> = Promise.resolve();
  #writes: Promise<void> = Promise.resolve();
  #isDraining = false;
  #gossipTimer: Cancellable | undefined;
  #repeatTimer: Cancellable | undefined;
  #unsubscribe: (() => void)[] = [];
  #running = false;

  constructor(components: EvidencePoolComponents) {
    this.#components = components;
    this.#logger = components.logger.child({ context: 'evidence' });
  }

  async start(): Promise<void> {
    const { chain, transport, store } = this.#components;
    this.#running = true;
    for (const evidence of await store.load()) await this.#judge({ evidence, peer: undefined }, true);
    transport.onMessage('evidence', (peer, message) => this.#receive(peer, message));
    this.#unsubscribe = [
      chain.onFinalised((event) => this.#next(() => this.#finalised(event))),
      transport.onPeer(({ kind, peer }) => {
        if (kind === 'connected') this.#offer([peer]);
      }),
    ];
    this.#repeat();
  }

  async stop(): Promise<void> {
    this.#running = false;
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
    this.#gossipTimer?.cancel();
    this.#repeatTimer?.cancel();
    this.#incoming.clear();
    await this.#work;
    await this.#writes;
  }

  report(evidence: Evidence): void {
    if (!this.#running || this.#early.has(evidence.hash) || this.#pending.has(evidence.hash)) return;
    this.#counts.found += 1;
    this.#early.keep({ evidence, peer: undefined }, this.#components.chain.tip().height);
    this.#save(evidence);
    // Its height may have become final while it was found.
    this.#next(() => this.#retryEarly());
  }

  submit(bytes: Uint8Array): Promise<Result<Evidence>> {
    return new Promise((resolve, reject) => {
      this.#next(async () => {
        await this.#submitNow(bytes).then(resolve, reject);
      });
    });
  }

  async #submitNow(bytes: Uint8Array): Promise<Result<Evidence>> {
    let evidence: Evidence;
    try {
      evidence = decodeEvidence(bytes);
    } catch (error) {
      if (isCodedError(error)) return err(error);
      throw error;
    }
    const checked = await this.#components.chain.checkEvidence(evidence);
    if (!checked.ok) return checked;
    if (this.#add({ evidence, peer: undefined }, false) !== 'full') return ok(evidence);
    return err(consensusError('evidence-pool-full', 'too much evidence waits for a block: try again later'));
  }

  async settled(): Promise<void> {
    await this.#writes;
  }

  pending(): readonly Evidence[] {
    return this.#pending.list();
  }

  statistics(): EvidencePoolStatistics {
    const { size: pending, bytes: pendingBytes } = this.#pending;
    const unverifiedBytes = this.#incoming.bytes + this.#early.bytes;
    return { ...this.#counts, pending, pendingBytes, early: this.#early.size, unverifiedBytes };
  }

  #next(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => {
      // A chain that has stopped judges nothing; what is stored is judged at the next start.
      this.#logger.error({ error }, 'evidence could not be judged');
    });
  }

  #save(evidence: Evidence): void {
    const write = this.#components.store.add(evidence).catch((error: unknown) => {
      this.#logger.error({ error, evidence: toHex(evidence.hash) }, 'evidence could not be stored');
    });
    this.#writes = this.#writes.then(() => write);
  }

  /** EVID-17: what is dropped is offered again. */
  #receive(peer: PeerId, message: Uint8Array): void {
    if (!this.#running) return;
    let batch: readonly Uint8Array[];
    try {
      batch = evidenceBatchCodec.decode(message);
    } catch (error) {
      if (!isCodedError(error)) throw error;
      return this.#components.transport.report(peer, 'malformed', error.message);
    }
    this.#counts.received += batch.length;
    for (const bytes of batch) if (!this.#incoming.push({ peer, bytes })) this.#counts.dropped += 1;
    this.#drain();
  }

  #drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#next(async () => {
      try {
        for (let item = this.#incoming.shift(); item !== undefined; item = this.#incoming.shift()) {
          await this.#take(item);
          // Votes and blocks have their turn between two pieces of evidence.
          await new Promise<void>((resolve) => this.#components.scheduler.soon(resolve));
        }
      } finally {
        this.#isDraining = false;
      }
    });
  }

  async #take({ peer, bytes }: IncomingEvidence): Promise<void> {
    let evidence: Evidence;
    try {
      evidence = decodeEvidence(bytes);
    } catch (error) {
      if (!isCodedError(error)) throw error;
      return this.#blame(peer, 'malformed', error.message);
    }
    if (this.#pending.has(evidence.hash) || this.#early.has(evidence.hash)) return;
    await this.#judge({ evidence, peer }, false);
  }

  /** EVID-18: what is wrong costs its sender; what cannot be checked here or now is nobody's fault. */
  async #judge({ evidence, peer }: SourcedEvidence, isStored: boolean): Promise<void> {
    const { chain, store } = this.#components;
    const checked = await chain.checkEvidence(evidence);
    const { kind, height } = evidence;
    const id = toHex(evidence.hash);
    if (!checked.ok) {
      const { error } = checked;
      if (error.code === 'block.evidence-early') {
        if (!this.#early.keep({ evidence, peer }, chain.tip().height)) this.#counts.dropped += 1;
        return;
      }
      if (error.code === 'block.evidence-unattributable') {
        this.#logger.error({ evidence: id, kind, height, error }, 'two blocks were decided at one height');
      }
      if (isStored) await store.remove([evidence]);
      if (error.action !== 'penalise') this.#counts.ignored += 1;
      else if (peer === undefined) this.#logger.error({ evidence: id, error }, 'own evidence is invalid');
      else this.#blame(peer, 'invalid', error.message);
      return;
    }
    const outcome = this.#add({ evidence, peer }, isStored);
    if (outcome === 'added') return;
    this.#counts[outcome === 'full' ? 'dropped' : 'ignored'] += 1;
    if (isStored) await store.remove([evidence]);
  }

  /** Takes what is verified. */
  #add(sourced: SourcedEvidence, isStored: boolean): AddOutcome {
    const { evidence, peer } = sourced;
    const outcome = this.#pending.add(evidence);
    if (outcome !== 'added') return outcome;
    const { kind, height } = evidence;
    const id = toHex(evidence.hash);
    this.#logger.warn({ evidence: id, kind, height, peer }, 'evidence of misbehaviour');
    if (!isStored) this.#save(evidence);
    this.#fresh.set(id, sourced);
    this.#gossipTimer ??= this.#components.scheduler.after(EVIDENCE_GOSSIP_DELAY_MS, () => this.#gossip());
    return outcome;
  }

  #blame(peer: PeerId, offence: 'malformed' | 'invalid', reason: string): void {
    this.#counts.invalid += 1;
    this.#incoming.drop(peer);
    this.#components.transport.report(peer, offence, reason);
  }

  /** EVID-19: forgets what is recorded now or too old, and looks again at what was too early. */
  async #finalised({ block }: FinalisedBlock): Promise<void> {
    const { chain, store } = this.#components;
    const { evidenceMaxAgeMs } = chain.tip().parameters;
    const isOver = async (evidence: Evidence): Promise<boolean> => {
      if (block.header.timeMs - evidence.timeMs > evidenceMaxAgeMs) return true;
      return block.evidence.length > 0 && !(await chain.checkEvidence(evidence)).ok;
    };
    const over: Evidence[] = [];
    for (const evidence of this.#pending.list()) if (await isOver(evidence)) over.push(evidence);
    for (const evidence of over) this.#pending.remove(evidence);
    await store.remove(over);
    await this.#retryEarly();
  }

  async #retryEarly(): Promise<void> {
    for (const sourced of this.#early.takeAll()) {
      await this.#judge(sourced, sourced.peer === undefined);
    }
  }

  /** Sends what is new, once, to all but those who sent it. */
  #gossip(): void {
    this.#gossipTimer = undefined;
    const fresh = [...this.#fresh.values()].filter(({ evidence }) => this.#pending.has(evidence.hash));
    this.#fresh.clear();
    for (const { id } of this.#components.transport.peers()) {
      const lacking = fresh.filter(({ peer }) => peer !== id).map(({ evidence }) => evidence);
      for (const message of packEvidence(lacking)) this.#components.transport.send(id, 'evidence', message);
    }
  }

  /** Offers what still waits: one message, since a block holds no more. */
  #offer(peers: readonly PeerId[]): void {
    const [message] = packEvidence(this.#pending.list());
    if (message === undefined) return;
    for (const peer of peers) this.#components.transport.send(peer, 'evidence', message);
  }

  #repeat(): void {
    this.#repeatTimer = this.#components.scheduler.after(EVIDENCE_REPEAT_MS, () => {
      this.#offer(this.#components.transport.peers().map(({ id }) => id));
      this.#repeat();
    });
  }
}
