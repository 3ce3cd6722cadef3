import { isCodedError, type Cancellable, type Logger, type Random, type Scheduler } from '#kernel';
import type { PeerId, Transport } from '#services/network';
import type { Transaction } from '../domain/transaction.ts';
import { gossipError } from '../errors.ts';
import {
  ANNOUNCED_GRACE_MS,
  ANNOUNCED_MAX,
  GOSSIP_DELAY_MS,
  GOSSIP_FRAME_BYTES_MAX,
  GOSSIP_PUSH_PEERS,
  GOSSIP_QUEUE_MAX,
  INCOMING_FRAMES_MAX,
} from '../limits.ts';
import type { Mempool } from '../mempool/face.ts';
import type { TransactionFetch } from './fetch.ts';
import { frameTransactions, packIds, unframeTransactions, unpackIds } from './frames.ts';

/** First byte of a frame: whole transactions, or ids only. */
const FRAME = { transactions: 0, ids: 1 } as const;
const IDS_PER_FRAME = Math.floor((GOSSIP_FRAME_BYTES_MAX - 1) / 32);

export interface GossipComponents {
  readonly transport: Transport;
  readonly mempool: Mempool;
  readonly fetch: TransactionFetch;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly logger: Logger;
}

export interface TransactionGossip {
  start(): void;
  stop(): void;
  statistics(): { framesSent: number; framesReceived: number; queueDropped: number; fetched: number };
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
  /** Own transactions and passed on ids that wait for the next frames; an id with the peer that need not get it. */
  #pushes: Transaction[] = [];
  #ids: { readonly id: string; readonly from: PeerId | undefined }[] = [];
  #flush: Cancellable | undefined;
  /** Announced ids that this node does not have, with a peer that does. */
  readonly #announced = new Map<string, PeerId>();
  #fetchTimer: Cancellable | undefined;
  readonly #working = new Map<PeerId, number>();
  #unsubscribe: () => void = () => {};
  #statistics = { framesSent: 0, framesReceived: 0, queueDropped: 0, fetched: 0 };

  constructor(components: GossipComponents) {
    this.#components = components;
  }

  start(): void {
    const { transport, mempool } = this.#components;
    transport.onMessage('transactions', (peer, message) => void this.#receive(peer, message));
    const stopAdmitted = mempool.onAdmitted((transactions, source) => this.#admitted(transactions, source));
    const stopPeers = transport.onPeer(({ kind, peer }) => {
      if (kind === 'connected') this.#greet(peer);
    });
    this.#unsubscribe = () => {
      stopAdmitted();
      stopPeers();
    };
  }

  stop(): void {
    this.#unsubscribe();
    this.#flush?.cancel();
    this.#fetchTimer?.cancel();
    this.#pushes = [];
    this.#ids = [];
    this.#announced.clear();
  }

  statistics() {
    return { ...this.#statistics };
  }

  #admitted(transactions: readonly Transaction[], source: string): void {
    const isLocal = source.startsWith('api:') || source === 'journal';
    if (this.#pushes.length + this.#ids.length + transactions.length > GOSSIP_QUEUE_MAX) {
      // Peers that miss the announcement fetch what they lack when it is proposed.
      this.#statistics.queueDropped += transactions.length;
      return;
    }
    if (isLocal) this.#pushes.push(...transactions);
    else for (const { id } of transactions) this.#ids.push({ id, from: source });
    this.#flush ??= this.#components.scheduler.after(GOSSIP_DELAY_MS, () => this.#send());
  }

  #send(): void {
    this.#flush = undefined;
    const { transport } = this.#components;
    const pushes = this.#pushes.splice(0);
    const ids = this.#ids.splice(0);
    const peers = transport.peers().map(({ id }) => id);
    const chosen = new Set(this.#choose(peers));
    const pushFrames = chunkTransactions(pushes);
    const pushedIds = pushes.map(({ id }) => id);
    for (const peer of peers) {
      if (chosen.has(peer)) for (const frame of pushFrames) this.#sendFrame(peer, frame);
      const passed = ids.flatMap(({ id, from }) => (from === peer ? [] : [id]));
      const announced = chosen.has(peer) ? passed : [...passed, ...pushedIds];
      for (let start = 0; start < announced.length; start += IDS_PER_FRAME) {
        this.#sendFrame(peer, withKind(FRAME.ids, packIds(announced.slice(start, start + IDS_PER_FRAME))));
      }
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

  async #receive(peer: PeerId, message: Uint8Array): Promise<void> {
    const { transport, logger } = this.#components;
    this.#statistics.framesReceived++;
    const working = this.#working.get(peer) ?? 0;
    if (working >= INCOMING_FRAMES_MAX) {
      transport.report(peer, 'flood', `more than ${INCOMING_FRAMES_MAX} frames of transactions wait`);
      return;
    }
    this.#working.set(peer, working + 1);
    try {
      if (message[0] === FRAME.ids) this.#hear(peer, message.subarray(1));
      else if (message[0] === FRAME.transactions) await this.#take(peer, message.subarray(1));
      else throw gossipError('malformed-frame', `there is no frame of kind ${message[0] ?? 'none'}`);
    } catch (error) {
      if (isCodedError(error) && error.action === 'penalise')
        transport.report(peer, 'malformed', error.message);
      else logger.error({ error, peer }, 'a frame of transactions failed');
    } finally {
      const left = (this.#working.get(peer) ?? 1) - 1;
      if (left === 0) this.#working.delete(peer);
      else this.#working.set(peer, left);
    }
  }

  async #take(peer: PeerId, frame: Uint8Array): Promise<void> {
    const results = await this.#components.mempool.submit(unframeTransactions(frame), peer);
    const bad = results.find((result) => !result.ok && result.error.action === 'penalise');
    if (bad !== undefined && !bad.ok) this.#components.transport.report(peer, 'invalid', bad.error.message);
  }

  #hear(peer: PeerId, packed: Uint8Array): void {
    for (const id of unpackIds(packed, IDS_PER_FRAME)) {
      if (this.#components.mempool.knows(id) || this.#announced.has(id)) continue;
      if (this.#announced.size >= ANNOUNCED_MAX) return;
      this.#announced.set(id, peer);
    }
    if (this.#announced.size === 0) return;
    this.#fetchTimer ??= this.#components.scheduler.after(
      ANNOUNCED_GRACE_MS,
      () => void this.#fetchMissing(),
    );
  }

  /** Fetches what was announced and did not come by itself. */
  async #fetchMissing(): Promise<void> {
    const { fetch, mempool, logger } = this.#components;
    const byPeer = new Map<PeerId, string[]>();
    for (const [id, peer] of this.#announced) {
      if (!mempool.knows(id)) byPeer.set(peer, [...(byPeer.get(peer) ?? []), id]);
    }
    this.#announced.clear();
    await Promise.all(
      [...byPeer].map(async ([peer, ids]) => {
        try {
          const transactions = await fetch.fetch(peer, ids);
          this.#statistics.fetched += transactions.length;
          await mempool.submit(
            transactions.map(({ bytes }) => bytes),
            peer,
          );
        } catch (error) {
          logger.debug(
            { error, peer, transactions: ids.length },
            'announced transactions could not be fetched',
          );
        }
      }),
    );
    this.#fetchTimer = undefined;
    if (this.#announced.size > 0) {
      this.#fetchTimer = this.#components.scheduler.after(
        ANNOUNCED_GRACE_MS,
        () => void this.#fetchMissing(),
      );
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
