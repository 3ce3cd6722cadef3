import type { StateEngine } from '#engines/state';
import { equalBytes, isCodedError, type Clock, type CodedError, type Logger, type Scheduler } from '#kernel';
import type { PeerId, Transport } from '#services/network';
import type { ChainIdentity } from '#services/transaction';
import type { ValidatorSet } from '#services/validator';
import type { Chain } from '../chain/face.ts';
import type { Header } from '../domain/types.ts';
import { blockError } from '../errors.ts';
import { BACKFILL_LIMITS, type BackfillLimits } from '../limits.ts';
import { createBlockStore, type BlockStore } from '../store/block-store.ts';
import { stagePast } from '../store/stage-past.ts';
import { PeerBook, type SyncPeer } from '../sync/peer-book.ts';
import {
  HEADERS_BYTES_MAX,
  HEADERS_PROTOCOL,
  LIGHT_BYTES_MAX,
  LIGHT_PROTOCOL,
  headersCodec,
  headersRequestCodec,
  lightPartsCodec,
  lightRequestCodec,
} from './messages.ts';
import { headersBelow, type PastHeader } from './past-headers.ts';
import { pastValidators } from './past-validators.ts';

export interface BackfillComponents {
  readonly identity: ChainIdentity;
  readonly initialHeight: number;
  readonly engine: StateEngine;
  readonly chain: Pick<Chain, 'tip'>;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** While true nothing is asked for. */
  readonly isBusy: () => boolean;
  /** Hears an error of the store: the node must end. */
  readonly onFatal: (error: unknown) => void;
  readonly limits?: Partial<BackfillLimits>;
}

/** Fetches what a chain that began at a restored state lacks of the heights before. */
export interface Backfill {
  /** Goes on where it stopped, in whichever life of the node; does nothing for a chain that has what it needs. */
  start(): void;
  /** Resolves when the write under way has ended. */
  stop(): Promise<void>;
}

/** What went wrong with an answer. */
type Blame = 'failed' | 'lied';

/** Everything above any peer's claim: whether it has a height shows when it is asked. */
const EVERY_HEIGHT = { height: Number.MAX_SAFE_INTEGER, earliest: 0 };

/**
 * SYNC-10, SYNC-11: headers, commits and validators of the heights before a restored state, backwards as far as evidence
 * counts: without them this node could not judge evidence that others put into blocks. Each header is proven by the one
 * after it. One request is under way at a time, and none while the node is busy.
 *
 * @see CometBFT's backfill after state sync (ADR 068), which does the same for the same reason
 */
export function createBackfill(components: BackfillComponents): Backfill {
  return new PeerBackfill(components);
}

class PeerBackfill implements Backfill {
  readonly #components: BackfillComponents;
  readonly #limits: BackfillLimits;
  readonly #store: BlockStore;
  readonly #peers: PeerBook;
  readonly #abort = new AbortController();
  readonly #counts = { headers: 0, validatorSets: 0, bytes: 0, lies: 0 };
  #running: Promise<void> | undefined;

  constructor(components: BackfillComponents) {
    this.#components = components;
    this.#limits = { ...BACKFILL_LIMITS, ...components.limits };
    this.#store = createBlockStore(components.engine, components.identity);
    this.#peers = new PeerBook({ ...this.#limits, requestsPerPeer: 1 });
  }

  start(): void {
    const { transport, onFatal } = this.#components;
    if (this.#running !== undefined) return;
    const unsubscribe = transport.onPeer(({ kind, peer }) => {
      if (kind === 'disconnected') this.#peers.remove(peer);
    });
    this.#running = this.#work().catch(onFatal).finally(unsubscribe);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #work(): Promise<void> {
    const { logger, clock } = this.#components;
    const first = await this.#store.firstHeader();
    if (first === undefined || this.#reaches(first.header)) return;
    const startedMs = clock.monotonic();
    logger.info(
      { below: first.header.height },
      'headers and validators of before the snapshot are fetched, as far back as evidence counts',
    );
    let lowest = first.header;
    while (!this.#abort.signal.aborted) {
      const below = await this.#step(lowest);
      if (this.#reaches(below)) {
        const elapsedMs = clock.monotonic() - startedMs;
        const from = below.height;
        logger.info({ from, ...this.#counts, elapsedMs }, 'evidence of before the snapshot can be judged');
        return;
      }
      await this.#pause(below === lowest ? this.#limits.pollMs : this.#limits.paceMs);
      lowest = below;
    }
  }

  /** Evidence carries the time of the block before its height: what this header does not reach has expired. */
  #reaches({ height, timeMs }: Header): boolean {
    const { blockTimeMs, parameters } = this.#components.chain.tip();
    return height <= this.#components.initialHeight || blockTimeMs - timeMs > parameters.evidenceMaxAgeMs;
  }

  /** One request, and the write of what it brought. @returns the lowest header now */
  async #step(lowest: Header): Promise<Header> {
    const { isBusy, initialHeight } = this.#components;
    const peer = isBusy() ? undefined : this.#bestPeer(new Set());
    if (peer === undefined) return lowest;
    const from = lowest.height - 1;
    const count = Math.min(this.#limits.headersPerRequest, lowest.height - initialHeight);
    const headers = await this.#ask(peer, async () => {
      const request = headersRequestCodec.encode({ from, count });
      const answer = await this.#request(peer.id, HEADERS_PROTOCOL, request, HEADERS_BYTES_MAX);
      return openHeaders(lowest, answer, count);
    });
    if (headers === undefined) return lowest;
    if (headers.fault !== undefined) this.#blame(peer, 'lied', headers.fault);
    return this.#write(lowest, headers.headers);
  }

  /** Writes headers from the highest downwards, so that what is stored has no gap; those stay out whose set nobody has. */
  async #write(lowest: Header, headers: readonly PastHeader[]): Promise<Header> {
    const { engine } = this.#components;
    let written = lowest;
    let after = lowest;
    let batch = engine.batch();
    const flush = async (): Promise<void> => {
      if (after === written) return;
      await engine.write(batch);
      this.#counts.headers += written.height - after.height;
      [batch, written] = [engine.batch(), after];
    };
    for (const past of headers) {
      const setHash = past.header.validatorSetHash;
      let validators: ValidatorSet | undefined;
      if (!equalBytes(setHash, after.validatorSetHash)) {
        await flush();
        const isStored = (await this.#store.validators(setHash)) !== undefined;
        if (!isStored) validators = await this.#fetchSet(past.header, after);
        if (!isStored && validators === undefined) return written;
      }
      stagePast(batch, { ...past, validators });
      after = past.header;
    }
    await flush();
    return written;
  }

  /** The validators of a verified header, of the first peer that gives them. */
  async #fetchSet(header: Header, after: Header): Promise<ValidatorSet | undefined> {
    const { height, validatorSetHash } = header;
    const known = await this.#store.validators(after.validatorSetHash);
    const asked = new Set<PeerId>();
    for (;;) {
      const peer = this.#abort.signal.aborted ? undefined : this.#bestPeer(asked);
      if (peer === undefined) return undefined;
      asked.add(peer.id);
      const set = await this.#ask(peer, async () => {
        const request = lightRequestCodec.encode({ height });
        const answer = await this.#request(peer.id, LIGHT_PROTOCOL, request, LIGHT_BYTES_MAX);
        return pastValidators(lightPartsCodec.decode(answer).validators, validatorSetHash, known);
      });
      if (set === undefined) continue;
      this.#counts.validatorSets += 1;
      return set;
    }
  }

  #bestPeer(except: ReadonlySet<PeerId>): SyncPeer | undefined {
    const { transport, clock } = this.#components;
    for (const { id } of transport.peers()) this.#peers.claim(id, EVERY_HEIGHT);
    return this.#peers.best(0, clock.monotonic(), except);
  }

  /** Undefined when the peer has nothing or lies: the error says which. */
  async #ask<Value>(peer: SyncPeer, open: () => Promise<Value>): Promise<Value | undefined> {
    this.#peers.asked(peer);
    try {
      const value = await open();
      this.#peers.succeeded(peer);
      return value;
    } catch (error) {
      if (!isCodedError(error)) throw error;
      const isOfNetwork = error.code.startsWith('network.') || error.code === 'block.not-retained';
      if (!this.#abort.signal.aborted) this.#blame(peer, isOfNetwork ? 'failed' : 'lied', error);
      return undefined;
    } finally {
      peer.inFlight -= 1;
    }
  }

  /** @throws `network.*`, `block.not-retained` for an empty answer */
  async #request(
    peer: PeerId,
    protocol: string,
    body: Uint8Array,
    maxResponseBytes: number,
  ): Promise<Uint8Array> {
    const { signal } = this.#abort;
    const timeoutMs = this.#limits.requestTimeoutMs;
    const options = { timeoutMs, maxResponseBytes, signal };
    const answer = await this.#components.transport.request(peer, protocol, body, options);
    this.#counts.bytes += answer.length;
    if (answer.length === 0) throw nothingThere();
    return answer;
  }

  #blame(peer: SyncPeer, blame: Blame, error: CodedError): void {
    const { clock, logger, transport } = this.#components;
    logger.debug({ peer: peer.id, err: error }, 'headers of before the snapshot are asked of another peer');
    if (blame === 'failed') return this.#peers.failed(peer, clock.monotonic());
    this.#counts.lies += 1;
    this.#peers.lied(peer.id, clock.monotonic());
    transport.report(peer.id, 'invalid', error.message);
  }

  /** Ends at once when the backfill is stopped. */
  #pause(delayMs: number): Promise<void> {
    const { signal } = this.#abort;
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const timer = this.#components.scheduler.after(delayMs, done);
      function done(): void {
        timer.cancel();
        signal.removeEventListener('abort', done);
        resolve();
      }
      signal.addEventListener('abort', done);
    });
  }
}

/** @throws what is wrong with the answer as a whole, `block.not-retained` for an empty one */
function openHeaders(lowest: Header, answer: Uint8Array, count: number): ReturnType<typeof headersBelow> {
  const encoded = headersCodec.decode(answer);
  if (encoded.length === 0) throw nothingThere();
  if (encoded.length > count) {
    throw blockError('malformed-response', `${encoded.length} headers where ${count} were asked for`);
  }
  return headersBelow(lowest, encoded);
}

function nothingThere(): CodedError {
  return blockError('not-retained', 'the peer has nothing of this height');
}
