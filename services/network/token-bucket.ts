import type { Clock } from '#kernel';

/** Seconds of the sustained rate that may come at once. */
const BURST_SECONDS = 10;

/** Admits `perSecond` units a second, with bursts. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #clock: Clock;
  #tokens: number;
  #atMs: number;

  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#clock = clock;
    this.#tokens = perSecond * BURST_SECONDS;
    this.#atMs = clock.monotonic();
  }

  take(units: number): boolean {
    const nowMs = this.#clock.monotonic();
    const refill = ((nowMs - this.#atMs) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#perSecond * BURST_SECONDS, this.#tokens + refill);
    this.#atMs = nowMs;
    if (this.#tokens < units) return false;
    this.#tokens -= units;
    return true;
  }
}
