/** One direction of a machine's connection to the network: what it carries goes one after the other. */
export class Link {
  readonly #bytesPerMs: number;
  #freeAtMs = 0;
  bytes = 0;

  /** @param megabits a second */
  constructor(megabits: number) {
    this.#bytesPerMs = (megabits * 1_000_000) / 8 / 1_000;
  }

  /** @returns when the last byte is through, in milliseconds */
  carry(bytes: number, fromMs: number): number {
    this.bytes += bytes;
    this.#freeAtMs = Math.max(this.#freeAtMs, fromMs) + bytes / this.#bytesPerMs;
    return this.#freeAtMs;
  }
}
