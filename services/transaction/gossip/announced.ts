import type { PeerId } from '#services/network';
import { ANNOUNCED_MAX, ANNOUNCED_PER_PEER_MAX, ANNOUNCERS_MAX, FETCH_IDS_MAX } from '../limits.ts';

/**
 * Announced ids that are not here, with the peers that say that they have them, in the order to ask them. One request a
 * peer is under way at a time, so that a peer that announces much, or answers late, holds up nobody but itself.
 */
export class Announced {
  readonly #waiting = new Map<string, PeerId[]>();
  /** Those that a peer was asked for. */
  readonly #asked = new Map<string, PeerId[]>();
  readonly #busy = new Set<PeerId>();
  /** Ids that are here because of a peer, the first of those that announced them. */
  readonly #shares = new Map<PeerId, number>();

  get size(): number {
    return this.#waiting.size + this.#asked.size;
  }

  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Notes who else has an id that is known to be announced; false for one that is not. */
  note(peer: PeerId, id: string): boolean {
    const peers = this.#waiting.get(id) ?? this.#asked.get(id);
    if (peers === undefined) return false;
    if (peers.length < ANNOUNCERS_MAX && !peers.includes(peer)) peers.push(peer);
    return true;
  }

  /** Takes a new id, within the bound of all and that of its peer. */
  add(peer: PeerId, id: string): void {
    if (this.size >= ANNOUNCED_MAX || (this.#shares.get(peer) ?? 0) >= ANNOUNCED_PER_PEER_MAX) return;
    this.#wait(id, [peer]);
  }

  /**
   * What to ask whom now; each of these peers is asked no more until it is `answered`.
   *
   * @param isKnown forgets what came meanwhile
   * @param only the one peer to ask; without it each that can be asked
   */
  take(isKnown: (id: string) => boolean, only?: PeerId): ReadonlyMap<PeerId, readonly string[]> {
    const batches = new Map<PeerId, string[]>();
    for (const [id, peers] of this.#waiting) {
      if (isKnown(id)) {
        this.#forget(this.#waiting, id);
        continue;
      }
      const peer = peers.find((one) => !this.#busy.has(one) && (only ?? one) === one);
      const batch = peer === undefined ? undefined : (batches.get(peer) ?? []);
      if (peer === undefined || batch === undefined || batch.length >= FETCH_IDS_MAX) continue;
      batches.set(peer, batch);
      batch.push(id);
    }
    for (const [peer, ids] of batches) {
      this.#busy.add(peer);
      for (const id of ids) {
        this.#asked.set(id, this.#waiting.get(id) ?? []);
        this.#waiting.delete(id);
      }
    }
    return batches;
  }

  /** What a peer did not give is asked of the next that announced it. */
  answered(peer: PeerId, ids: readonly string[], given: ReadonlySet<string>): void {
    this.#busy.delete(peer);
    for (const id of ids) {
      const others = (this.#asked.get(id) ?? []).filter((one) => one !== peer);
      this.#forget(this.#asked, id);
      if (!given.has(id) && others.length > 0) this.#wait(id, others);
    }
  }

  clear(): void {
    for (const map of [this.#waiting, this.#asked, this.#shares]) map.clear();
  }

  #wait(id: string, peers: PeerId[]): void {
    const [first] = peers;
    if (first === undefined) return;
    this.#waiting.set(id, peers);
    this.#shares.set(first, (this.#shares.get(first) ?? 0) + 1);
  }

  #forget(from: Map<string, PeerId[]>, id: string): void {
    const [first] = from.get(id) ?? [];
    if (!from.delete(id) || first === undefined) return;
    const left = (this.#shares.get(first) ?? 0) - 1;
    if (left > 0) this.#shares.set(first, left);
    else this.#shares.delete(first);
  }
}
