import type { PeerId } from '#services/network';
import type { SyncLimits } from '../limits.ts';
import type { Status } from './messages.ts';

/** A connected peer as block sync knows it. */
export interface SyncPeer {
  readonly id: PeerId;
  status: Status;
  inFlight: number;
  /** Place in the order of the last requests: the least is asked next among equals. */
  lastAsked: number;
  failuresInRow: number;
  liesTotal: number;
  /** Not asked before. */
  restUntilMs: number;
  /** Its claims count for nothing before. */
  distrustedUntilMs: number;
}

/** Requests to a peer at once, and how long one that failed or lied is left alone. */
export type PeerBookLimits = Pick<SyncLimits, 'requestsPerPeer' | 'restMs' | 'distrustMs'>;

const DOUBLINGS_MAX = 6;

/** What the connected peers claim to have, and how far to believe them. Times are of the monotonic clock. */
export class PeerBook {
  readonly #limits: PeerBookLimits;
  readonly #peers = new Map<PeerId, SyncPeer>();
  #asked = 0;

  constructor(limits: PeerBookLimits) {
    this.#limits = limits;
  }

  /** A peer's newest claim replaces the one before, whether higher or lower. */
  claim(id: PeerId, status: Status): void {
    const known = this.#peers.get(id);
    if (known !== undefined) {
      known.status = status;
      return;
    }
    const fresh = {
      inFlight: 0,
      lastAsked: 0,
      failuresInRow: 0,
      liesTotal: 0,
      restUntilMs: 0,
      distrustedUntilMs: 0,
    };
    this.#peers.set(id, { id, status, ...fresh });
  }

  has(id: PeerId): boolean {
    return this.#peers.has(id);
  }

  remove(id: PeerId): void {
    this.#peers.delete(id);
  }

  clear(): void {
    this.#peers.clear();
  }

  /** Greatest height that a trusted peer claims; 0 without any. */
  target(nowMs: number): number {
    let height = 0;
    for (const peer of this.#peers.values()) {
      if (peer.distrustedUntilMs <= nowMs) height = Math.max(height, peer.status.height);
    }
    return height;
  }

  /** The peer to ask for the block of a height: the least busy, the most reliable, the longest idle. */
  best(height: number, nowMs: number, except: ReadonlySet<PeerId>): SyncPeer | undefined {
    let best: SyncPeer | undefined;
    for (const peer of this.#peers.values()) {
      const { status } = peer;
      const able =
        status.height >= height &&
        status.earliest <= height &&
        peer.inFlight < this.#limits.requestsPerPeer &&
        peer.restUntilMs <= nowMs &&
        peer.distrustedUntilMs <= nowMs &&
        !except.has(peer.id);
      if (!able) continue;
      if (best === undefined || preference(peer, best) < 0) best = peer;
    }
    return best;
  }

  asked(peer: SyncPeer): void {
    this.#asked += 1;
    peer.lastAsked = this.#asked;
    peer.inFlight += 1;
  }

  succeeded(peer: SyncPeer): void {
    peer.failuresInRow = 0;
  }

  /** A request failed: the peer rests, and from the third failure in a row its claims do not count. */
  failed(peer: SyncPeer, nowMs: number): void {
    peer.restUntilMs = nowMs + this.#limits.restMs * 2 ** Math.min(peer.failuresInRow, DOUBLINGS_MAX);
    peer.failuresInRow += 1;
    if (peer.failuresInRow >= 3) peer.distrustedUntilMs = peer.restUntilMs;
  }

  /** What the peer said was proven false. */
  lied(id: PeerId, nowMs: number): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    peer.distrustedUntilMs = nowMs + this.#limits.distrustMs * 2 ** Math.min(peer.liesTotal, DOUBLINGS_MAX);
    peer.liesTotal += 1;
  }
}

function preference(a: SyncPeer, b: SyncPeer): number {
  return a.inFlight - b.inFlight || a.failuresInRow - b.failuresInRow || a.lastAsked - b.lastAsked;
}
