import { isCodedError, type Clock, type Logger } from '#kernel';
import type { PeerId, Transport } from '#services/network';
import { RANGE_BYTES_MAX, type SyncLimits } from '../limits.ts';
import { BLOCKS_PROTOCOL, rangeRequestCodec, rangeResponseCodec, type EncodedFinal } from './messages.ts';
import type { PeerBook, SyncPeer } from './peer-book.ts';

/** What holds the blocks of a response together. */
const FRAMES_BYTES = 65_536;

/** A block that a peer delivered; nothing about it is verified. */
export interface Delivered extends EncodedFinal {
  readonly peer: PeerId;
}

/** A range that a peer was asked for. */
interface ActiveRequest {
  readonly from: number;
  readonly to: number;
  readonly peer: PeerId;
  readonly startedMs: number;
}

export interface DownloadCounts {
  requestsSent: number;
  requestsFailed: number;
  bytesReceived: number;
}

export interface DownloadComponents {
  readonly transport: Transport;
  readonly peers: PeerBook;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: SyncLimits;
  /** Most bytes of a response with one block, now. */
  readonly blockBytesMax: () => number;
  /** Called after each response or failure. */
  readonly onProgress: () => void;
  readonly report: (
    peer: PeerId,
    offence: 'malformed' | 'invalid' | 'timeout' | 'useless',
    why: string,
  ) => void;
}

/**
 * Fetches the blocks of a window of heights from several peers at once and holds them until they are taken.
 */
export class Download {
  readonly counts: DownloadCounts = { requestsSent: 0, requestsFailed: 0, bytesReceived: 0 };
  readonly #held = new Map<number, Delivered>();
  readonly #active = new Set<ActiveRequest>();
  readonly #components: DownloadComponents;
  #heldBytes = 0;
  #abort = new AbortController();
  #tip = 0;

  constructor(components: DownloadComponents) {
    this.#components = components;
  }

  get(height: number): Delivered | undefined {
    return this.#held.get(height);
  }

  /** Drops what is final. */
  movePast(tip: number): void {
    this.#tip = tip;
    for (const height of this.#held.keys()) if (height <= tip) this.#drop(height);
  }

  /** Drops everything that a peer delivered, to be fetched from others. */
  dropFrom(peer: PeerId): void {
    for (const [height, delivered] of this.#held) if (delivered.peer === peer) this.#drop(height);
  }

  /** Ends all requests and forgets what is held. */
  stop(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#active.clear();
    this.#held.clear();
    this.#heldBytes = 0;
  }

  /** Sends the requests that are due: for the heights from the tip to `target` that nobody was asked for. */
  plan(tip: number, target: number): void {
    this.movePast(tip);
    const { limits } = this.#components;
    const end = Math.min(target, tip + limits.windowBlocks);
    this.#hedge(tip + 1);
    let height = tip + 1;
    while (height <= end) {
      if (this.#held.has(height) || this.#covering(height).length > 0) {
        height += 1;
        continue;
      }
      const expected = this.#heldBytes + (this.#active.size + 1) * limits.responseBytes;
      if (height > tip + 1 && expected > limits.bufferBytes) return;
      const to = this.#lastMissing(height, Math.min(end, height + limits.rangeBlocks - 1));
      // The window moves block by block: what its end cuts short waits until a whole range fits.
      const isCut = to === end && end < target && to - height + 1 < limits.rangeBlocks;
      if (isCut && height > tip + 1) return;
      if (!this.#request(height, to)) return;
      height = to + 1;
    }
  }

  /** Everything waits for the block after the tip: a slow answer with it is asked of a second peer too. */
  #hedge(head: number): void {
    if (this.#held.has(head)) return;
    const [slow, second] = this.#covering(head);
    if (slow === undefined || second !== undefined) return;
    const { clock, limits } = this.#components;
    if (clock.monotonic() - slow.startedMs >= limits.hedgeMs) this.#request(head, slow.to);
  }

  #covering(height: number): ActiveRequest[] {
    return [...this.#active].filter(({ from, to }) => from <= height && height <= to);
  }

  #lastMissing(from: number, end: number): number {
    let last = from;
    while (last < end && !this.#held.has(last + 1) && this.#covering(last + 1).length === 0) last += 1;
    return last;
  }

  #request(from: number, wantedTo: number): boolean {
    const { peers, clock, limits, transport, blockBytesMax } = this.#components;
    const asked = new Set(this.#covering(from).map(({ peer }) => peer));
    const peer = peers.best(from, clock.monotonic(), asked);
    if (peer === undefined) return false;
    const to = Math.min(wantedTo, peer.status.height);
    const request: ActiveRequest = { from, to, peer: peer.id, startedMs: clock.monotonic() };
    this.#active.add(request);
    peers.asked(peer);
    this.counts.requestsSent += 1;
    const body = rangeRequestCodec.encode({ from, count: to - from + 1, maxBytes: limits.responseBytes });
    const { signal } = this.#abort;
    transport
      .request(peer.id, BLOCKS_PROTOCOL, body, {
        timeoutMs: limits.requestTimeoutMs,
        maxResponseBytes: Math.min(
          Math.max(limits.responseBytes + FRAMES_BYTES, blockBytesMax()),
          RANGE_BYTES_MAX,
        ),
        signal,
      })
      .then(
        (response) => !signal.aborted && this.#receive(request, peer, response),
        (error: unknown) => !signal.aborted && this.#fail(peer, error),
      )
      .finally(() => {
        peer.inFlight -= 1;
        if (signal.aborted) return;
        this.#active.delete(request);
        this.#components.onProgress();
      });
    return true;
  }

  #receive(request: ActiveRequest, peer: SyncPeer, response: Uint8Array): void {
    const { peers, clock, report } = this.#components;
    this.counts.bytesReceived += response.length;
    let blocks: readonly EncodedFinal[];
    try {
      blocks = rangeResponseCodec.decode(response);
    } catch {
      this.counts.requestsFailed += 1;
      report(peer.id, 'malformed', 'its response is not a list of blocks');
      return;
    }
    const asked = request.to - request.from + 1;
    if (blocks.length === 0) {
      this.counts.requestsFailed += 1;
      // It claimed to have them: also a peer that pruned meanwhile has told so by status before.
      report(peer.id, 'useless', `it has no block ${request.from}, which it claimed to have`);
      return;
    }
    if (blocks.length > asked) {
      this.counts.requestsFailed += 1;
      report(peer.id, 'invalid', `it sent ${blocks.length} blocks where ${asked} were asked for`);
      return;
    }
    peers.succeeded(peer);
    peer.restUntilMs = Math.min(peer.restUntilMs, clock.monotonic());
    for (const [offset, { block, commit }] of blocks.entries()) {
      this.#hold(request.from + offset, { block, commit, peer: peer.id });
    }
  }

  #hold(height: number, delivered: Delivered): void {
    if (height <= this.#tip || this.#held.has(height)) return;
    this.#held.set(height, delivered);
    this.#heldBytes += delivered.block.length + delivered.commit.length;
  }

  #drop(height: number): void {
    const delivered = this.#held.get(height);
    if (delivered === undefined) return;
    this.#held.delete(height);
    this.#heldBytes -= delivered.block.length + delivered.commit.length;
  }

  #fail(peer: SyncPeer, error: unknown): void {
    const { peers, clock, logger, transport } = this.#components;
    this.counts.requestsFailed += 1;
    peers.failed(peer, clock.monotonic());
    if (isCodedError(error, 'network.request-timeout')) {
      transport.report(peer.id, 'timeout', 'it did not answer a request for blocks in time');
    }
    logger.debug({ peer: peer.id, err: error }, 'a request for blocks failed; another peer is asked');
  }
}
