import {
  isCodedError,
  type Cancellable,
  type Clock,
  type Logger,
  type Random,
  type Scheduler,
} from '#kernel';
import type { PeerId, Transport } from '#services/network';
import type { Transaction } from '../domain/transaction.ts';
import { gossipError } from '../errors.ts';
import {
  ANNOUNCED_GRACE_MS,
  FETCH_IDS_MAX,
  FETCH_PUT_OFF_MAX,
  GOSSIP_DELAY_MS,
  GOSSIP_INTERVAL_MS,
  GOSSIP_PASS_ON_MS,
  GOSSIP_FRAME_BYTES_MAX,
  GOSSIP_PUSH_PEERS,
  GOSSIP_QUEUE_MAX,
  REMIND_AFTER_MS,
} from '../limits.ts';
import type { Mempool } from '../mempool/face.ts';
import type { TransactionFetch } from './fetch.ts';
import { Announced } from './announced.ts';
import { Incoming } from './incoming.ts';
import { OwnWaiting } from './own-waiting.ts';
import { frameTransactions, packIds, unframeTransactions, unpackIds } from './frames.ts';

/** First byte of a frame: whole transactions, or ids only. */
const FRAME = { transactions: 0, ids: 1 } as const;
const IDS_PER_FRAME = Math.floor((GOSSIP_FRAME_BYTES_MAX - 1) / 32);

export interface GossipComponents {
  readonly transport: Transport;
  readonly mempool: Mempool;
  readonly fetch: TransactionFetch;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly logger: Logger;
}

export interface TransactionGossip {
  start(): void;
  stop(): void;
  statistics(): {
    framesSent: number;
    framesReceived: number;
    queueDropped: number;
    fetched: number;
    incomingDropped: number;
    /** Ids that peers announced and that are not here yet. */
    announced: number;
  };
}

/**
 * Spreads transactions. A node that took one from its API pushes the bytes to some peers and its id to the
 * others; a node that got it from a peer passes only the id on. Who sees the id and does not get the bytes in
 * a moment fetches them. So each node receives the bytes about once, however many peers it has.
 */
export function createTransactionGossip(components: GossipComponents): TransactionGossip {
  return new Gossip(components);
}

class Gossip implements TransactionGossip {
  readonly #components: GossipComponents;
  /** Own transactions that wait for the next frame. */
  #pushes: Transaction[] = [];
  /** Ids to pass on, each with the peers that are known to have it. */
  #ids = new Map<string, Set<PeerId>>();
  #pushTimer: Cancellable | undefined;
  #passTimer: Cancellable | undefined;
  readonly #ownWaiting = new OwnWaiting();
  #remindTimer: Cancellable | undefined;
  #lastPushMs = -Infinity;
  readonly #announced = new Announced();
  #fetchTimer: Cancellable | undefined;
  #fetchesPutOff = 0;
  readonly #incoming: Incoming;
  #unsubscribe: () => void = () => {};
  #running = false;
  #statistics = { framesSent: 0, framesReceived: 0, queueDropped: 0, fetched: 0 };

  constructor(components: GossipComponents) {
    this.#components = components;
    this.#incoming = new Incoming(components);
  }

  start(): void {
    const { transport, mempool } = this.#components;
    this.#running = true;
    transport.onMessage('transactions', (peer, message) => this.#receive(peer, message));
    const stopAdmitted = mempool.onAdmitted((transactions, source) => this.#admitted(transactions, source));
    const stopPeers = transport.onPeer(({ kind, peer }) => {
      if (kind === 'connected') this.#greet(peer);
    });
    this.#unsubscribe = () => {
      stopAdmitted();
      stopPeers();
    };
    // What came from the journal was admitted before anybody listened, and is told to peers at their connection
    // only as far as one frame goes.
    const { items } = mempool.pending(undefined, GOSSIP_QUEUE_MAX);
    this.#ownWaiting.add(
      items.map(({ id }) => id),
      this.#components.clock.monotonic(),
    );
    this.#remindLater();
  }

  stop(): void {
    this.#running = false;
    this.#unsubscribe();
    this.#pushTimer?.cancel();
    this.#passTimer?.cancel();
    this.#fetchTimer?.cancel();
    this.#remindTimer?.cancel();
    this.#pushes = [];
    this.#ids.clear();
    this.#announced.clear();
  }

  statistics() {
    return { ...this.#statistics, incomingDropped: this.#incoming.dropped, announced: this.#announced.size };
  }

  #admitted(transactions: readonly Transaction[], source: string): void {
    const isLocal = source.startsWith('api:') || source === 'journal';
    if (isLocal) {
      // Also what no frame has room for now: nobody else may have it.
      const ids = transactions.map(({ id }) => id);
      this.#ownWaiting.add(ids, this.#components.clock.monotonic());
      this.#remindLater();
    }
    if (this.#pushes.length + this.#ids.size + transactions.length > GOSSIP_QUEUE_MAX) {
      // Peers that miss the announcement fetch what they lack when it is proposed.
      this.#statistics.queueDropped += transactions.length;
      return;
    }
    const { scheduler, clock } = this.#components;
    if (isLocal) {
      this.#pushes.push(...transactions);
      const dueMs = this.#lastPushMs + GOSSIP_INTERVAL_MS - clock.monotonic();
      this.#pushTimer ??= scheduler.after(Math.max(GOSSIP_DELAY_MS, dueMs), () => this.#push());
      return;
    }
    for (const { id } of transactions) this.#ids.set(id, new Set([source]));
    this.#passTimer ??= scheduler.after(GOSSIP_PASS_ON_MS, () => this.#passOn());
  }

  /** Sends own transactions: the bytes to some peers, the ids to the others. */
  #push(): void {
    this.#pushTimer = undefined;
    this.#lastPushMs = this.#components.clock.monotonic();
    const pushes = this.#pushes.splice(0);
    const peers = this.#components.transport.peers().map(({ id }) => id);
    const chosen = new Set(this.#choose(peers));
    const frames = chunkTransactions(pushes);
    const ids = pushes.map(({ id }) => id);
    this.#ownWaiting.add(ids, this.#lastPushMs);
    this.#remindLater();
    for (const peer of peers) {
      if (chosen.has(peer)) for (const frame of frames) this.#sendFrame(peer, frame);
      else this.#sendIds(peer, ids);
    }
  }

  #remindLater(): void {
    if (!this.#running || this.#ownWaiting.isEmpty) return;
    this.#remindTimer ??= this.#components.scheduler.after(REMIND_AFTER_MS, () => this.#remind());
  }

  /** Announces again what still waits of the own: nobody else may have it. */
  #remind(): void {
    this.#remindTimer = undefined;
    const { clock, mempool, transport } = this.#components;
    const isWaiting = (id: string): boolean => mempool.lookup(id) !== undefined;
    const ids = this.#ownWaiting.due(clock.monotonic(), IDS_PER_FRAME, isWaiting);
    if (ids.length > 0) for (const { id } of transport.peers()) this.#sendIds(id, ids);
    this.#remindLater();
  }

  /** Passes on the ids of what others sent and what still waits, to peers that are not known to have it. */
  #passOn(): void {
    this.#passTimer = undefined;
    const { mempool, transport } = this.#components;
    const waiting = [...this.#ids].filter(([id]) => mempool.lookup(id) !== undefined);
    this.#ids.clear();
    if (waiting.length === 0) return;
    for (const { id: peer } of transport.peers()) {
      this.#sendIds(
        peer,
        waiting.flatMap(([id, holders]) => (holders.has(peer) ? [] : [id])),
      );
    }
  }

  #sendIds(peer: PeerId, ids: readonly string[]): void {
    for (let start = 0; start < ids.length; start += IDS_PER_FRAME) {
      this.#sendFrame(peer, withKind(FRAME.ids, packIds(ids.slice(start, start + IDS_PER_FRAME))));
    }
  }

  #sendFrame(peer: PeerId, frame: Uint8Array): void {
    if (this.#components.transport.send(peer, 'transactions', frame)) this.#statistics.framesSent++;
    else this.#statistics.queueDropped++;
  }

  /** The peers that get bytes: all when they are few, otherwise a random choice. */
  #choose(peers: readonly PeerId[]): readonly PeerId[] {
    if (peers.length <= GOSSIP_PUSH_PEERS) return peers;
    const left = [...peers];
    return Array.from({ length: GOSSIP_PUSH_PEERS }, () => {
      const [peer] = left.splice(this.#components.random.integer(left.length), 1);
      return peer as PeerId;
    });
  }

  /** Tells a new peer what waits here, by id. */
  #greet(peer: PeerId): void {
    const { items } = this.#components.mempool.pending(undefined, IDS_PER_FRAME);
    if (items.length > 0) this.#sendFrame(peer, withKind(FRAME.ids, packIds(items.map(({ id }) => id))));
  }

  #receive(peer: PeerId, message: Uint8Array): void {
    if (!this.#running) return;
    this.#statistics.framesReceived++;
    try {
      const body = message.subarray(1);
      if (message[0] === FRAME.ids) this.#hear(peer, body);
      else if (message[0] === FRAME.transactions) this.#incoming.add(peer, unframeTransactions(body));
      else throw gossipError('malformed-frame', `there is no frame of kind ${message[0] ?? 'none'}`);
    } catch (error) {
      if (!isCodedError(error)) throw error;
      this.#components.transport.report(peer, 'malformed', error.message);
    }
  }

  #hear(peer: PeerId, packed: Uint8Array): void {
    for (const id of unpackIds(packed, IDS_PER_FRAME)) {
      this.#ids.get(id)?.add(peer);
      if (this.#announced.note(peer, id) || this.#components.mempool.knows(id)) continue;
      this.#announced.add(peer, id);
    }
    this.#fetchLater();
  }

  #fetchLater(): void {
    if (!this.#running || !this.#announced.isWaiting) return;
    this.#fetchTimer ??= this.#components.scheduler.after(ANNOUNCED_GRACE_MS, () => this.#fetchMissing());
  }

  /** Fetches what was announced and did not come by itself. */
  #fetchMissing(): void {
    this.#fetchTimer = undefined;
    if (this.#incoming.isBusy && this.#fetchesPutOff < FETCH_PUT_OFF_MAX) {
      this.#fetchesPutOff++;
      return this.#fetchLater();
    }
    this.#fetchesPutOff = 0;
    const { mempool } = this.#components;
    for (const [peer, ids] of this.#announced.take((id) => mempool.knows(id)))
      void this.#fetchBatch(peer, ids);
  }

  /**
   * Fetches a batch from one peer, and after a full one that it gave completely the next at once: what does not fit a
   * request need not wait for the timer.
   */
  async #fetchBatch(peer: PeerId, ids: readonly string[]): Promise<void> {
    const { mempool } = this.#components;
    const given = await this.#fetchFrom(peer, ids);
    // One peer that announces and does not give must not keep a transaction away.
    this.#announced.answered(peer, ids, new Set(given));
    const isAllOfMany = ids.length === FETCH_IDS_MAX && given.length === ids.length;
    const goesOn = this.#running && isAllOfMany && !this.#incoming.isBusy;
    const next = goesOn ? this.#announced.take((id) => mempool.knows(id), peer).get(peer) : undefined;
    if (next === undefined) this.#fetchLater();
    else void this.#fetchBatch(peer, next);
  }

  /** Fetches from one peer; returns the ids of what it gave. */
  async #fetchFrom(peer: PeerId, ids: readonly string[]): Promise<string[]> {
    const { fetch, mempool, logger } = this.#components;
    try {
      const transactions = await fetch.fetch(peer, ids);
      this.#statistics.fetched += transactions.length;
      await mempool.submit(
        transactions.map(({ bytes }) => bytes),
        peer,
      );
      return transactions.map(({ id }) => id);
    } catch (error) {
      logger.debug({ error, peer, transactions: ids.length }, 'announced transactions could not be fetched');
      return [];
    }
  }
}

function chunkTransactions(transactions: readonly Transaction[]): Uint8Array[] {
  const frames: Uint8Array[] = [];
  let chunk: Uint8Array[] = [];
  let size = 1;
  for (const { bytes } of transactions) {
    if (size + bytes.length + 4 > GOSSIP_FRAME_BYTES_MAX && chunk.length > 0) {
      frames.push(withKind(FRAME.transactions, frameTransactions(chunk)));
      chunk = [];
      size = 1;
    }
    chunk.push(bytes);
    size += bytes.length + 4;
  }
  if (chunk.length > 0) frames.push(withKind(FRAME.transactions, frameTransactions(chunk)));
  return frames;
}

function withKind(kind: number, body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(1 + body.length);
  frame[0] = kind;
  frame.set(body, 1);
  return frame;
}
