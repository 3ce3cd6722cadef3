import type { StateEngine, StateFamily, WriteBatch } from '#engines/state';

/** Operations of a batch; the next one begins when they are more. */
const PIECE_OPERATIONS = 16_384;

/** Writes more than one batch should hold, piece by piece. Only `finish` makes it durable. */
export class PiecewiseWriter {
  readonly #engine: StateEngine;
  #batch: WriteBatch;

  constructor(engine: StateEngine) {
    this.#engine = engine;
    this.#batch = engine.batch();
  }

  put(family: StateFamily, key: Uint8Array, value: Uint8Array): void {
    this.#batch.put(family, key, value);
  }

  /** Writes what came together, when it is enough for a piece; true when it was. */
  async pause(): Promise<boolean> {
    if (this.#batch.size < PIECE_OPERATIONS) return false;
    const full = this.#batch;
    this.#batch = this.#engine.batch();
    await this.#engine.write(full);
    return true;
  }

  /** Writes the last piece, and syncs it and those before it to disk. */
  async finish(): Promise<void> {
    await this.#engine.write(this.#batch, { sync: true });
  }
}
