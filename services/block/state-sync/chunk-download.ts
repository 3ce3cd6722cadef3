import { isCodedError, type Cancellable, type Logger, type Scheduler } from '#kernel';
import {
  CHUNK_BYTES_MAX,
  chunkCodec,
  chunkName,
  verifyChunk,
  type ChunkPlace,
  type StateChunk,
} from '#services/blockchain';
import type { PeerId, Transport } from '#services/network';
import { blockError } from '../errors.ts';
import type { StateSyncLimits } from '../limits.ts';
import { CHUNKS_PROTOCOL, chunkRequestCodec } from './messages.ts';
import type { Offer } from './offers.ts';

export interface ChunkDownloadComponents {
  readonly transport: Transport;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly limits: StateSyncLimits;
  readonly signal: AbortSignal;
  /** Root of a verified header. */
  readonly stateRoot: Uint8Array;
  /** Takes each verified chunk; called for one at a time. */
  readonly apply: (chunk: StateChunk) => Promise<void>;
}

export interface ChunkCounts {
  readonly chunks: number;
  readonly bytes: number;
  /** Answers that did not verify. */
  readonly lies: number;
}

/**
 * SYNC-3: fetches the chunks of a snapshot from all its peers at once. A chunk that does not verify costs its peer
 * the score and is fetched from another; a peer that lied is asked no more, nor is one that fails again and again.
 * Chunks wait for nobody but the writing of the one before: what is in memory is a chunk a request. It ends when all
 * peers together are too slow for too long.
 *
 * @throws `block.no-snapshot` when no peer is left, or too little comes
 */
export async function downloadChunks(
  offer: Offer,
  components: ChunkDownloadComponents,
): Promise<ChunkCounts> {
  const download = new ChunkDownload(offer, components);
  await download.run();
  return download.counts;
}

class ChunkDownload {
  readonly counts = { chunks: 0, bytes: 0, lies: 0 };
  readonly #offer: Offer;
  readonly #components: ChunkDownloadComponents;
  readonly #queue: ChunkPlace[];
  #left: number;
  #applying: Promise<void> = Promise.resolve();
  /** Those who wait because every chunk is asked for, in case one comes back. */
  #waiting: (() => void)[] = [];
  #failure: unknown;
  /** Ends the requests under way when too little comes. */
  readonly #stalled = new AbortController();
  readonly #ended: AbortSignal;
  #late: Cancellable | undefined;
  /** Bytes of entries since the last progress. */
  #gained = 0;

  constructor(offer: Offer, components: ChunkDownloadComponents) {
    this.#offer = offer;
    this.#components = components;
    this.#queue = offer.places.toReversed();
    this.#left = offer.places.length;
    this.#ended = AbortSignal.any([components.signal, this.#stalled.signal]);
  }

  async run(): Promise<void> {
    const { requestsPerPeer } = this.#components.limits;
    const lines: Promise<void>[] = [];
    for (const peer of this.#offer.peers) {
      const state = { failures: 0, dropped: false };
      for (let line = 0; line < requestsPerPeer; line++) lines.push(this.#fetchFrom(peer, state));
    }
    this.#watch();
    await Promise.all(lines).finally(() => this.#late?.cancel());
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#left === 0) return;
    const { height } = this.#offer.manifest;
    throw blockError('no-snapshot', `${this.#left} chunks of height ${height} are to be had from no peer`);
  }

  /** Waits for progress anew. */
  #watch(): void {
    const { scheduler, limits } = this.#components;
    this.#gained = 0;
    this.#late?.cancel();
    this.#late = scheduler.after(limits.progressMs, () => {
      const { height } = this.#offer.manifest;
      const seconds = Math.round(limits.progressMs / 1_000);
      const text = `within ${seconds} s less than ${limits.progressBytes} bytes came of height ${height}`;
      this.#failure ??= blockError('no-snapshot', text, { height });
      this.#stalled.abort(this.#failure);
      this.#wake();
    });
  }

  async #fetchFrom(peer: PeerId, state: { failures: number; dropped: boolean }): Promise<void> {
    const { signal, limits } = this.#components;
    while (this.#left > 0 && !state.dropped && this.#failure === undefined && !signal.aborted) {
      const place = this.#queue.pop();
      if (place === undefined) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
        continue;
      }
      const chunk = await this.#fetch(peer, place, state);
      if (chunk === undefined) {
        this.#queue.push(place);
        state.dropped ||= state.failures >= limits.failuresMax;
      } else {
        state.failures = 0;
        await this.#apply(chunk);
      }
      this.#wake();
    }
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async #fetch(
    peer: PeerId,
    place: ChunkPlace,
    state: { failures: number; dropped: boolean },
  ): Promise<StateChunk | undefined> {
    const { transport, limits, stateRoot, logger } = this.#components;
    const { height } = this.#offer.manifest;
    try {
      const request = chunkRequestCodec.encode({ height, ...place });
      const body = await transport.request(peer, CHUNKS_PROTOCOL, request, {
        timeoutMs: limits.requestTimeoutMs,
        maxResponseBytes: CHUNK_BYTES_MAX,
        signal: this.#ended,
      });
      if (body.length === 0) throw blockError('not-retained', `the peer has no chunk ${chunkName(place)}`);
      this.counts.bytes += body.length;
      const chunk = chunkCodec.decode(body);
      if (chunkName(chunk) === chunkName(place) && verifyChunk(stateRoot, chunk)) return chunk;
      throw blockError('malformed-response', `the chunk ${chunkName(place)} is not of the state`);
    } catch (error) {
      if (!isCodedError(error)) throw error;
      logger.debug(
        { peer, height, chunk: chunkName(place), err: error },
        'a chunk is fetched from another peer',
      );
      state.failures += 1;
      if (error.action === 'penalise') {
        this.counts.lies += 1;
        state.dropped = true;
        transport.report(peer, 'invalid', error.message);
      }
      return undefined;
    }
  }

  async #apply(chunk: StateChunk): Promise<void> {
    this.#applying = this.#applying.then(async () => {
      if (this.#failure !== undefined) return;
      try {
        await this.#components.apply(chunk);
        this.counts.chunks += 1;
        this.#left -= 1;
        this.#gained += bytesOf(chunk);
        if (this.#gained >= this.#components.limits.progressBytes) this.#watch();
      } catch (error) {
        this.#failure = error;
      }
    });
    await this.#applying;
  }
}

/** What a chunk brings: its proof is none of it, which is most of a chunk that is cut finely. */
function bytesOf({ entries }: StateChunk): number {
  return entries.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
}
