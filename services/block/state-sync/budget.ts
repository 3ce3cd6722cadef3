import type { Clock } from '#kernel';
import type { PeerId } from '#services/network';

/** Bytes a second that a peer may be served, with some seconds' worth at once. Remembers a bounded number of peers. */
export class ServeBudget {
  readonly #clock: Clock;
  readonly #bytesPerSecond: number;
  readonly #burstBytes: number;
  readonly #peersMax: number;
  readonly #spent = new Map<PeerId, { bytes: number; atMs: number }>();

  constructor(clock: Clock, limits: { bytesPerSecond: number; burstBytes: number; peersMax: number }) {
    this.#clock = clock;
    this.#bytesPerSecond = limits.bytesPerSecond;
    this.#burstBytes = limits.burstBytes;
    this.#peersMax = limits.peersMax;
  }

  /** True when the peer may be served something now; what it then costs is noted by `note`. */
  allows(peer: PeerId): boolean {
    return this.#left(peer) > 0;
  }

  note(peer: PeerId, bytes: number): void {
    const left = this.#left(peer) - bytes;
    this.#spent.delete(peer);
    this.#spent.set(peer, { bytes: this.#burstBytes - left, atMs: this.#clock.monotonic() });
    const oldest = this.#spent.keys().next();
    if (this.#spent.size > this.#peersMax && !oldest.done) this.#spent.delete(oldest.value);
  }

  #left(peer: PeerId): number {
    const spent = this.#spent.get(peer);
    if (spent === undefined) return this.#burstBytes;
    const regained = ((this.#clock.monotonic() - spent.atMs) / 1_000) * this.#bytesPerSecond;
    return this.#burstBytes - Math.max(0, spent.bytes - regained);
  }
}
