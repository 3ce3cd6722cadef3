import { demandsHalt, isCodedError, type Cancellable, type CodedError } from '#kernel';
import type { PeerId } from '#services/network';
import type { ValidatorSet } from '#services/validator';
import type { Final } from '../chain/face.ts';
import { SYNC_LIMITS, type SyncLimits } from '../limits.ts';
import { Download } from './download.ts';
import type { BlockSync } from './face.ts';
import {
  BLOCKS_PROTOCOL,
  oneBlockBytesMax,
  rangeRequestCodec,
  statusCodec,
  type EncodedFinal,
} from './messages.ts';
import { isFaultOfPeer, openFinal } from './open-final.ts';
import { PeerBook } from './peer-book.ts';
import type { BlockSyncComponents } from './ports.ts';
import { serveRange } from './serve-ranges.ts';
import { StatusMessages } from './status-messages.ts';

/**
 * Block sync: tells peers its height, serves them blocks, and fetches the final blocks that it lacks from
 * several peers at once. Each block is finalised only under a commit of its height's validators, so a peer
 * can delay, never deceive.
 *
 * What a peer claims alone never pauses consensus: `syncing` turns true when a block of the next height is
 * proven and another is at hand, and false when caught up or when no block became final for `stallMs`.
 */
export function createBlockSync(components: BlockSyncComponents): BlockSync {
  return new PeerBlockSync(components);
}

type Listener<Value> = (value: Value) => void;

class PeerBlockSync implements BlockSync {
  readonly #components: BlockSyncComponents;
  readonly #limits: SyncLimits;
  readonly #peers: PeerBook;
  readonly #download: Download;
  readonly #status: StatusMessages;
  readonly #stateListeners = new Set<Listener<boolean>>();
  readonly #caughtUpListeners = new Set<Listener<number>>();
  readonly #counts = { blocksFinalised: 0, blocksServed: 0, peersReported: 0 };
  #subscriptions: (() => void)[] = [];
  #handlersSet = false;
  #running = false;
  #stopping = false;
  /** Finalisation failed for good: the node is about to end. */
  #failed = false;
  #applying: Promise<void> | undefined;
  #tick: Cancellable | undefined;
  #syncing = false;
  #wasBehind = false;
  #behindSinceMs: number | undefined;
  #progressMs = 0;

  constructor(components: BlockSyncComponents) {
    this.#components = components;
    const { transport, clock, scheduler, chain, logger } = components;
    const limits = { ...SYNC_LIMITS, ...components.limits };
    this.#limits = limits;
    this.#peers = new PeerBook(limits);
    this.#status = new StatusMessages({ transport, chain, clock, scheduler, limits });
    this.#download = new Download({
      transport,
      peers: this.#peers,
      clock,
      logger,
      limits,
      blockBytesMax: () => oneBlockBytesMax(chain.tip().parameters),
      onProgress: () => this.#advance(),
      report: (peer, offence, why) => this.#blame(peer, offence, why),
    });
  }

  get syncing(): boolean {
    return this.#syncing;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#stopping = false;
    const { transport, chain } = this.#components;
    this.#setHandlers();
    this.#subscriptions = [
      transport.onPeer(({ kind, peer }) => {
        if (kind === 'connected') this.#status.sendTo(peer);
        else this.#peers.remove(peer);
        this.#advance();
      }),
      chain.onFinalised(() => {
        this.#status.announce();
        this.#advance();
      }),
    ];
    this.#status.announce();
  }

  async stop(): Promise<void> {
    if (!this.#running) return;
    this.#running = false;
    this.#stopping = true;
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#subscriptions = [];
    this.#tick?.cancel();
    this.#tick = undefined;
    this.#status.stop();
    this.#download.stop();
    this.#peers.clear();
    await this.#applying;
    this.#setSyncing(false);
  }

  target(): number {
    return Math.max(this.#peers.target(this.#now()), this.#components.chain.tip().height);
  }

  behind(): number {
    return this.target() - this.#components.chain.tip().height;
  }

  onStateChange(listener: Listener<boolean>): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  onCaughtUp(listener: Listener<number>): () => void {
    this.#caughtUpListeners.add(listener);
    return () => this.#caughtUpListeners.delete(listener);
  }

  statistics() {
    return { ...this.#download.counts, ...this.#counts };
  }

  #now(): number {
    return this.#components.clock.monotonic();
  }

  /** The transport has one handler a channel and protocol, for good: a stopped sync ignores what comes. */
  #setHandlers(): void {
    if (this.#handlersSet) return;
    this.#handlersSet = true;
    const { transport, chain } = this.#components;
    transport.onMessage('status', (peer, message) => {
      if (this.#running) this.#receiveStatus(peer, message);
    });
    const maxRequestBytes = rangeRequestCodec.maxBytes;
    const served = { maxRequestBytes, maxConcurrent: this.#limits.servedMax };
    transport.onRequest(BLOCKS_PROTOCOL, served, async (peer, body) => {
      try {
        const { response, blocks } = await serveRange(chain, body, this.#limits.responseBytes);
        this.#counts.blocksServed += blocks;
        return response;
      } catch (error) {
        if (isFaultOfPeer(error)) this.#blame(peer, 'malformed', error.message);
        throw error;
      }
    });
  }

  #receiveStatus(peer: PeerId, message: Uint8Array): void {
    const { transport, onPeerHeight } = this.#components;
    try {
      const status = statusCodec.decode(message);
      // A status may come after the disconnection: nothing would ever remove such a peer.
      if (!this.#peers.has(peer)) {
        if (!transport.peers().some(({ id }) => id === peer)) return;
        // The peer may have started to listen after the connection: what was sent then is lost.
        this.#status.sendTo(peer);
      }
      this.#peers.claim(peer, status);
      onPeerHeight?.(peer, status.height);
    } catch (error) {
      if (!isCodedError(error)) throw error;
      this.#blame(peer, 'malformed', `its status is malformed: ${error.message}`);
      return;
    }
    this.#advance();
  }

  #blame(peer: PeerId, offence: 'malformed' | 'invalid' | 'timeout' | 'useless', why: string): void {
    this.#counts.peersReported += 1;
    this.#peers.lied(peer, this.#now());
    this.#download.dropFrom(peer);
    this.#components.logger.warn({ peer, offence }, `a peer misled block sync: ${why}`);
    this.#components.transport.report(peer, offence, why);
  }

  /** Does what is due: applies what is held, asks for what lacks, tells who listens. */
  #advance(): void {
    if (!this.#running || this.#failed) return;
    const { height } = this.#components.chain.tip();
    const behind = this.behind();
    const now = this.#now();
    if (behind === 0) {
      this.#behindSinceMs = undefined;
      this.#download.movePast(height);
      this.#setSyncing(false);
      if (this.#wasBehind) {
        this.#wasBehind = false;
        for (const listener of this.#caughtUpListeners) listener(height);
      }
      return;
    }
    this.#wasBehind = true;
    this.#behindSinceMs ??= now;
    if (this.#syncing && now - this.#progressMs > this.#limits.stallMs) this.#setSyncing(false);
    const due = behind > 1 || now - this.#behindSinceMs >= this.#limits.graceMs;
    if (due || this.#download.get(height + 1) !== undefined) {
      this.#download.plan(height, height + behind);
      this.#apply();
    }
    this.#keepTicking();
  }

  /** Grace, hedge, rest and stall end without an event of their own. */
  #keepTicking(): void {
    this.#tick ??= this.#components.scheduler.after(this.#limits.tickMs, () => {
      this.#tick = undefined;
      this.#advance();
    });
  }

  #apply(): void {
    if (this.#applying !== undefined) return;
    this.#applying = this.#applyHeld().finally(() => {
      this.#applying = undefined;
    });
  }

  async #applyHeld(): Promise<void> {
    const { chain, scheduler } = this.#components;
    while (!this.#stopping) {
      const { height } = chain.tip();
      const applied = await this.#applyNext(height);
      if (!applied) return;
      // One write an event loop turn: messages and timers are served between blocks.
      await new Promise<void>((resolve) => scheduler.soon(resolve));
    }
  }

  /** Finalises the blocks after `height` that are held; false when there is nothing more to do now. */
  async #applyNext(height: number): Promise<boolean> {
    const { chain } = this.#components;
    const delivered = this.#download.get(height + 1);
    if (delivered === undefined) return false;
    let final: Final;
    try {
      final = this.#open(delivered, height + 1, chain.tip().validators);
    } catch (error) {
      // Whatever a codec or a rule says of it: the bytes are the peer's.
      if (isCodedError(error)) this.#reject(delivered.peer, height + 1, error);
      else this.#fail(height + 1, error);
      return false;
    }
    if (this.#download.get(height + 2) !== undefined) {
      this.#progressMs = this.#now();
      this.#setSyncing(true);
    }
    try {
      this.#counts.blocksFinalised += await this.#finalise(final, height);
    } catch (error) {
      if (isFaultOfPeer(error)) this.#reject(delivered.peer, height + 1, error);
      else this.#fail(height + 1, error);
      return false;
    }
    this.#progressMs = this.#now();
    this.#download.movePast(chain.tip().height);
    return true;
  }

  /** SYNC-9: in a run with those after it while far behind, alone near the target. */
  async #finalise(final: Final, tip: number): Promise<number> {
    const { chain, needsState = () => false } = this.#components;
    const { runBlocks, runTail } = this.#limits;
    const blocksMax = Math.min(runBlocks, this.target() - runTail - tip);
    if (blocksMax > 1) {
      return chain.finaliseRun(final, (height, set) => this.#nextOfRun(height, set), {
        blocksMax,
        endsAt: needsState,
      });
    }
    await chain.finalise(final.block, final.commit);
    return 1;
  }

  /** A block that proves nothing is left to be the first of the next run: whoever delivered it is blamed then. */
  #nextOfRun(height: number, validators: ValidatorSet): Final | undefined {
    const delivered = this.#stopping ? undefined : this.#download.get(height);
    if (delivered === undefined) return undefined;
    this.#progressMs = this.#now();
    try {
      return this.#open(delivered, height, validators);
    } catch (error) {
      if (isCodedError(error)) return undefined;
      throw error;
    }
  }

  #open(delivered: EncodedFinal, height: number, validators: ValidatorSet): Final {
    const { identity, verifier } = this.#components;
    return openFinal(delivered, { height, validators, identity, verifier });
  }

  #reject(peer: PeerId, height: number, error: CodedError): void {
    this.#blame(peer, 'invalid', `its block ${height} proves nothing: ${error.message}`);
    this.#advance();
  }

  /** What is worth another try is tried at the next tick; anything else ends the node. */
  #fail(height: number, error: unknown): void {
    const { logger, onFatal } = this.#components;
    logger.error({ height, err: error }, 'a block that a peer delivered could not be finalised');
    if (isCodedError(error) && !demandsHalt(error)) return;
    this.#failed = true;
    onFatal?.(error instanceof Error ? error : new Error(String(error)));
  }

  #setSyncing(syncing: boolean): void {
    if (this.#syncing === syncing) return;
    this.#syncing = syncing;
    for (const listener of this.#stateListeners) listener(syncing);
  }
}
