import type { Clock } from '#kernel';

/** Slow decisions a second that one source may cause, and how many it may save up. */
const RATE_PER_SECOND = 20;
const BURST = 64;
/** Sources remembered; the one unused for longest is forgotten, which only refills it. */
const SOURCES_MAX = 4096;

/**
 * Meters slow signature decisions by source (a token bucket each), so that garbage cannot buy CPU time.
 * Honest sources never meet it: no usual signer makes signatures that need the slow decision.
 */
export class SlowBudget {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes `count` decisions from the source's budget, or none of them and answers false. */
  take(source: string, count: number): boolean {
    const nowMs = this.#clock.monotonic();
    const known = this.#buckets.get(source) ?? { tokens: BURST, atMs: nowMs };
    const tokens = Math.min(BURST, known.tokens + ((nowMs - known.atMs) / 1000) * RATE_PER_SECOND);
    const granted = tokens >= count;
    this.#buckets.delete(source);
    this.#buckets.set(source, { tokens: granted ? tokens - count : tokens, atMs: nowMs });
    if (this.#buckets.size > SOURCES_MAX) {
      const oldest = this.#buckets.keys().next();
      if (!oldest.done) this.#buckets.delete(oldest.value);
    }
    return granted;
  }
}
