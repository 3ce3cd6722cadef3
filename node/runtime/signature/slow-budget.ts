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
    const tokens = this.#tokens(source);
    const granted = tokens >= count;
    this.#keep(source, granted ? tokens - count : tokens);
    return granted;
  }

  /**
   * Takes `count` decisions that were made before it was known that they were slow ones, if need be on credit;
   * answers false when the source owes for some of them.
   */
  charge(source: string, count: number): boolean {
    const left = this.#tokens(source) - count;
    this.#keep(source, left);
    return left >= 0;
  }

  /** True while the source owes decisions that were charged to it. */
  owes(source: string): boolean {
    return this.#tokens(source) < 0;
  }

  #tokens(source: string): number {
    const known = this.#buckets.get(source);
    if (known === undefined) return BURST;
    return Math.min(BURST, known.tokens + ((this.#clock.monotonic() - known.atMs) / 1000) * RATE_PER_SECOND);
  }

  #keep(source: string, tokens: number): void {
    this.#buckets.delete(source);
    this.#buckets.set(source, { tokens, atMs: this.#clock.monotonic() });
    if (this.#buckets.size <= SOURCES_MAX) return;
    const oldest = this.#buckets.keys().next();
    if (!oldest.done) this.#buckets.delete(oldest.value);
  }
}
