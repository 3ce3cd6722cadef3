import { CodedError, isCodedError, type Cancellable } from '#kernel';
import { decodeBlock, type VoteBody } from '#services/block';
import type { PeerId } from '#services/network';
import type { Transaction } from '#services/transaction';
import { consensusError } from '../errors.ts';
import type {
  Consensus,
  ConsensusComponents,
  ConsensusEvent,
  ConsensusInit,
  ConsensusStatistics,
  ConsensusStatus,
} from '../face.ts';
import {
  INPUTS_PER_TURN_MAX,
  PROPOSAL_QUEUE_BYTES_MAX,
  PROPOSAL_QUEUE_MAX,
  VOTE_QUEUE_MAX,
} from '../limits.ts';
import { decodeLogEntry, type LogEntry } from '../store/log-entries.ts';
import { openWriteAheadLog, type WriteAheadLog } from '../store/write-ahead-log.ts';
import { decodeMessage, proposalHead, type ProposalHead } from '../wire/codec.ts';
import type { ConsensusMessage, SignedProposal, SignedVote } from '../wire/messages.ts';
import { EarlyMessages } from './early-messages.ts';
import { makeHeightContext } from './height-context.ts';
import type { HeightAnswer } from './height-answer.ts';
import { HeightRun, type HeightRunComponents } from './height-run.ts';
import { Inbox } from './inbox.ts';
import { LastHeight } from './last-height.ts';
import { isWantedProposal } from './message-checks.ts';
import { Pace } from './pace.ts';
import { Relay } from './relay.ts';
import { statusBefore, statusOf } from './status.ts';
import { Telemetry } from './telemetry.ts';
import { Timers } from './timers.ts';

/** `look-at-tip`: the chain may have gone on without this driver. */
type Signal = 'transactions-available' | 'look-at-tip' | 'signer-ready';

type OwnItem =
  | { readonly kind: 'answer'; readonly run: HeightRun; readonly answer: HeightAnswer }
  | { readonly kind: 'said'; readonly body: VoteBody; readonly signature: Uint8Array }
  | { readonly kind: Signal };

interface VoteItem {
  readonly peer: PeerId;
  readonly vote: SignedVote;
}

interface ProposalItem {
  readonly peer: PeerId;
  readonly proposal: SignedProposal;
  /** Unix milliseconds: against it the block's time is judged, however long the queue is. */
  readonly receivedAtMs: number;
  /** Of the message on the wire. */
  readonly bytes: number;
}

/** Takes part in consensus over `transport`, or follows it when no key is given. */
export function createConsensus(init: ConsensusInit): (components: ConsensusComponents) => Consensus {
  return (components) => new ConsensusDriver(init, components);
}

/** One queue, one loop: everything that changes the height in progress happens in `#run`, in order. */
class ConsensusDriver implements Consensus {
  readonly #init: ConsensusInit;
  readonly #components: ConsensusComponents;
  readonly #telemetry: Telemetry;
  readonly #timers: Timers;
  readonly #relay: Relay;
  readonly #inbox = new Inbox<OwnItem, VoteItem, ProposalItem>(
    VOTE_QUEUE_MAX,
    PROPOSAL_QUEUE_MAX,
    PROPOSAL_QUEUE_BYTES_MAX,
  );
  readonly #signals = new Set<Signal>();
  readonly #early = new EarlyMessages();
  readonly #pace = new Pace();
  readonly #fatalListeners = new Set<(error: CodedError) => void>();
  #log: WriteAheadLog | undefined;
  #current: HeightRun | undefined;
  /** Unknown after a start, and after block sync skipped heights. */
  #last: LastHeight | undefined;
  #genesisTimer: Cancellable | undefined;
  #pauseTimer: Cancellable | undefined;
  #loop: Promise<void> | undefined;
  #unsubscribe: (() => void)[] = [];
  #paused = false;
  #stopping = false;
  #fatal: CodedError | undefined;

  constructor(init: ConsensusInit, components: ConsensusComponents) {
    this.#init = init;
    this.#components = { ...components, logger: components.logger.child({ context: 'consensus' }) };
    this.#telemetry = new Telemetry(components.clock, this.#components.logger);
    this.#timers = new Timers(components.scheduler);
    this.#relay = new Relay({ ...components, telemetry: this.#telemetry }, () => this.#view());
  }

  async start(): Promise<void> {
    const { chain, mempool, transport } = this.#components;
    const entries = await this.#openLog();
    this.#unsubscribe = [
      chain.onFinalised(() => this.#signal('look-at-tip')),
      mempool.onAvailable(() => this.#beginWithTransactions()),
      this.#init.key?.onReady?.(() => this.#signal('signer-ready')) ?? (() => {}),
      this.#init.key?.onSaid?.((body, signature) => this.#inbox.pushOwn({ kind: 'said', body, signature })) ??
        (() => {}),
      transport.onPeer(({ kind, peer }) =>
        kind === 'connected' ? this.#relay.greet(peer) : this.#relay.forget(peer),
      ),
    ];
    transport.onMessage('consensus', (peer, message) => this.#receive(peer, message));
    this.#loop = this.#run(entries).catch((error: unknown) => this.#fail(error));
  }

  async stop(): Promise<void> {
    this.#quiet();
    await this.#loop;
    await this.#log?.close();
    this.#log = undefined;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#signal('look-at-tip');
    // The signal may wait since the pause, and with it other items: nobody else need ever speak again.
    this.#inbox.wake();
  }

  status(): ConsensusStatus {
    const current = this.#current;
    const status =
      current === undefined ? statusBefore(this.#components.chain.tip().height + 1) : statusOf(current);
    return {
      ...status,
      paused: this.#paused,
      peersAtHeight: this.#relay.peersAt(status.height),
      ...(this.#fatal !== undefined && { fatal: this.#fatal }),
    };
  }

  transaction(id: string): Transaction | undefined {
    return this.#current?.context.book.transaction(id) ?? this.#last?.book.transaction(id);
  }

  statistics(): ConsensusStatistics {
    const waiting = this.#inbox.length;
    const proposalBytes = this.#inbox.bytes + this.#early.bytes;
    const kept = (this.#current?.context.book.size ?? 0) + (this.#last?.book.size ?? 0);
    return { ...this.#telemetry.statistics(), waiting, early: this.#early.length, proposalBytes, kept };
  }

  onEvent(listener: (event: ConsensusEvent) => void): () => void {
    return this.#telemetry.onEvent(listener);
  }

  onFatal(listener: (error: CodedError) => void): () => void {
    this.#fatalListeners.add(listener);
    return () => this.#fatalListeners.delete(listener);
  }

  async #openLog(): Promise<readonly LogEntry[]> {
    if (this.#init.key === undefined) return [];
    const { log, records } = await openWriteAheadLog(this.#init.directory, this.#init.logSegmentBytes);
    this.#log = log;
    const next = this.#components.chain.tip().height + 1;
    return records.map(decodeLogEntry).flatMap(({ height, entry }) => (height === next ? [entry] : []));
  }

  async #run(entries: readonly LogEntry[]): Promise<void> {
    const { scheduler } = this.#components;
    this.#relay.start();
    await this.#startHeight(entries);
    while (!this.#stopping) {
      if (this.#paused || this.#inbox.length === 0) {
        await this.#inbox.arrival();
        continue;
      }
      await this.#takeTurn();
      if (this.#inbox.length > 0) await new Promise<void>((resolve) => scheduler.soon(resolve));
    }
  }

  async #takeTurn(): Promise<void> {
    const { own, votes, proposals } = this.#inbox.take(INPUTS_PER_TURN_MAX);
    // CONS-18: what comes late for the commit goes first, since an own item may lead to the block that holds it.
    const isLate = ({ vote }: VoteItem) => this.#ahead(vote.body.height) < 0;
    const { late = [], due = [] } = Object.groupBy(votes, (item) => (isLate(item) ? 'late' : 'due'));
    for (const item of late) this.#takeVote(item);
    for (const item of own) await this.#handle(() => this.#takeOwn(item));
    for (const item of due) await this.#handle(() => this.#takeVote(item));
    for (const item of proposals) await this.#handle(() => this.#takeProposal(item));
  }

  /** Takes one item and performs what it leads to, up to the start of the next height. */
  async #handle(take: () => Promise<void> | void): Promise<void> {
    if (this.#stopping) return;
    await take();
    await this.#current?.perform();
    while (this.#current?.isOver === true && !this.#stopping) await this.#startHeight([]);
  }

  /** The height leaves its wait for transactions, after the pause that the load asks for. */
  #beginWithTransactions(): void {
    if (this.#pauseTimer !== undefined) return;
    const { clock, scheduler } = this.#components;
    const startedAtMs = this.#current?.context.startedAtMs ?? 0;
    const leftMs = startedAtMs + this.#pace.pauseMs() - clock.monotonic();
    if (leftMs <= 0) return this.#signal('transactions-available');
    this.#pauseTimer = scheduler.after(leftMs, () => {
      this.#pauseTimer = undefined;
      if (this.#components.mempool.hasSelectable()) this.#signal('transactions-available');
    });
  }

  /** A signal that waits already is not repeated: block sync finalises many blocks while this driver is paused. */
  #signal(kind: Signal): void {
    if (this.#signals.has(kind)) return;
    this.#signals.add(kind);
    this.#inbox.pushOwn({ kind });
  }

  async #takeOwn(item: OwnItem): Promise<void> {
    const current = this.#current;
    if (item.kind !== 'answer' && item.kind !== 'said') this.#signals.delete(item.kind);
    switch (item.kind) {
      case 'answer':
        if (item.run === current) return current.takeAnswer(item.answer);
        if (item.answer.kind === 'signed-vote') this.#last?.say(item.answer.vote, this.#runComponents());
        return;
      case 'transactions-available':
        return current?.takeTransactionsAvailable();
      case 'said':
        return current?.takeSaid(item.body, item.signature);
      case 'signer-ready':
        return current?.askAgain();
      case 'look-at-tip': {
        const isBehind =
          current === undefined || this.#components.chain.tip().height >= current.context.height;
        if (!isBehind) return;
        current?.abandon();
        if (current === undefined) await this.#startHeight([]);
        return;
      }
    }
  }

  #takeVote({ peer, vote }: VoteItem): void {
    this.#telemetry.count('votesReceived');
    const ahead = this.#ahead(vote.body.height);
    if (ahead === 0) return this.#current?.takeVote(peer, vote);
    if (ahead === -1 && this.#last !== undefined)
      return this.#last.takeVote(peer, vote, this.#runComponents());
    const isKept = ahead === 1 && this.#early.keep({ kind: 'vote', peer, vote });
    if (!isKept) this.#telemetry.count('votesDropped');
  }

  #takeProposal(item: ProposalItem): void {
    const { peer, proposal, receivedAtMs } = item;
    this.#telemetry.count('proposalsReceived');
    const ahead = this.#ahead(proposal.body.height);
    if (ahead === 0) return this.#current?.takeProposal(peer, proposal, receivedAtMs);
    const isKept = ahead === 1 && this.#early.keep({ kind: 'proposal', ...item });
    if (!isKept) this.#telemetry.count('proposalsDropped');
  }

  /** How far a message's height is from the one in progress; before the first height starts, all is early. */
  #ahead(height: number): number {
    const { chain } = this.#components;
    return this.#current === undefined ? height - chain.tip().height : height - this.#current.context.height;
  }

  async #startHeight(entries: readonly LogEntry[]): Promise<void> {
    const { chain, clock, mempool } = this.#components;
    this.#timers.cancelAll();
    this.#pauseTimer?.cancel();
    this.#pauseTimer = undefined;
    const tip = chain.tip();
    const before = this.#current?.context;
    const isNext = before?.height === tip.height && tip.commit !== undefined;
    this.#last = isNext ? new LastHeight(before, tip.commit) : undefined;
    if (entries.length === 0) await this.#log?.startHeight();
    // Stopped meanwhile: whoever stopped it has cancelled the timers already.
    if (this.#stopping) return;
    if (tip.commit === undefined && clock.now() < tip.blockTimeMs) return this.#awaitGenesis(tip.blockTimeMs);
    const context = makeHeightContext(tip, this.#init.key?.publicKey, clock.monotonic());
    this.#current = new HeightRun(this.#runComponents(), context, entries);
    for (const message of this.#early.takeAll()) {
      if (message.kind === 'vote') this.#inbox.pushVote(message);
      else this.#inbox.pushProposal(message);
    }
    if (mempool.hasSelectable()) this.#beginWithTransactions();
    await this.#current.perform();
  }

  /** Nothing is said before the genesis time. The clock may be set meanwhile, so the wait is looked at again. */
  #awaitGenesis(genesisTimeMs: number): void {
    const { clock, scheduler, logger } = this.#components;
    logger.debug({ genesisTimeMs }, 'waiting for the genesis time');
    const waitMs = Math.min(60_000, genesisTimeMs - clock.now());
    this.#genesisTimer?.cancel();
    this.#genesisTimer = scheduler.after(waitMs, () => this.#signal('look-at-tip'));
  }

  #runComponents(): HeightRunComponents {
    const { identity } = this.#init;
    return {
      ...this.#components,
      genesisHash: identity.genesisHash,
      decodeBlock: this.#components.decodeBlock ?? ((bytes) => decodeBlock(bytes, identity)),
      signer: this.#init.key,
      log: this.#log,
      telemetry: this.#telemetry,
      timers: this.#timers,
      relay: this.#relay,
      pace: this.#pace,
      lastCommit: () => this.#last?.commit(),
      answer: (run, answer) => this.#inbox.pushOwn({ kind: 'answer', run, answer }),
      fail: (error) => this.#fail(error),
    };
  }

  #receive(peer: PeerId, bytes: Uint8Array): void {
    if (this.#stopping || this.#paused) return;
    const head = proposalHead(bytes);
    if (head !== undefined && !this.#isWanted(peer, head, bytes.length)) {
      this.#telemetry.count('proposalsReceived');
      return this.#telemetry.count('proposalsDropped');
    }
    let message: ConsensusMessage;
    try {
      message = decodeMessage(bytes);
    } catch (error) {
      const reason = isCodedError(error) ? error.message : 'the bytes are not a consensus message';
      return this.#components.transport.report(peer, 'malformed', reason);
    }
    switch (message.kind) {
      case 'vote':
        if (!this.#inbox.pushVote({ peer, vote: message.vote })) this.#telemetry.count('votesDropped');
        return;
      case 'proposal': {
        const receivedAtMs = this.#components.clock.now();
        const { proposal } = message;
        const isTaken = this.#inbox.pushProposal({ peer, proposal, receivedAtMs, bytes: bytes.length });
        if (!isTaken) this.#telemetry.count('proposalsDropped');
        return;
      }
      case 'round-state':
        return this.#relay.take(peer, message.state);
    }
  }

  /** Whether a proposal is worth being decoded, which takes tens of milliseconds for the largest. */
  #isWanted(peer: PeerId, head: ProposalHead, bytes: number): boolean {
    const ahead = this.#ahead(head.body.height);
    if (ahead === 1) return this.#early.hasRoom(peer, bytes);
    const current = ahead === 0 ? this.#current : undefined;
    return current !== undefined && isWantedProposal(head, current.context, current.core);
  }

  #view() {
    if (this.#current === undefined || this.#paused || this.#stopping) return undefined;
    return { context: this.#current.context, core: this.#current.core, previous: this.#last?.book };
  }

  #quiet(): void {
    this.#stopping = true;
    this.#current?.abandon();
    this.#timers.cancelAll();
    this.#genesisTimer?.cancel();
    this.#pauseTimer?.cancel();
    this.#relay.stop();
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#unsubscribe = [];
    this.#inbox.wake();
  }

  /** Going on could break a promise: says nothing more and tells the node to exit. */
  #fail(error: unknown): void {
    if (this.#fatal !== undefined) return;
    const reason = error instanceof Error ? error.message : String(error);
    this.#fatal =
      error instanceof CodedError
        ? error
        : consensusError('failed', `consensus stopped: ${reason}`, { reason }, { cause: error });
    this.#quiet();
    this.#components.logger.error({ error }, 'consensus stopped for safety');
    for (const listener of this.#fatalListeners) listener(this.#fatal);
  }
}
