import { stateEngineError } from './errors.ts';
import type { StateFamily, WriteBatch } from './port.ts';

/** One write; a deletion has no value. */
export interface Operation {
  readonly family: StateFamily;
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** A batch that collects operations until an engine takes them. */
export class CollectedBatch implements WriteBatch {
  #operations: Operation[] | undefined = [];

  put(family: StateFamily, key: Uint8Array, value: Uint8Array): void {
    this.#collected().push({ family, key, value });
  }

  delete(family: StateFamily, key: Uint8Array): void {
    this.#collected().push({ family, key, value: undefined });
  }

  get size(): number {
    return this.#operations?.length ?? 0;
  }

  /** Hands the operations over; the batch is spent. */
  take(): readonly Operation[] {
    const operations = this.#collected();
    this.#operations = undefined;
    return operations;
  }

  #collected(): Operation[] {
    if (this.#operations === undefined) {
      throw stateEngineError('batch-spent', 'the batch was written already; make a new one');
    }
    return this.#operations;
  }
}

/** The operations of a batch that `batch()` of one of the engines made. */
export function operationsOf(batch: WriteBatch): readonly Operation[] {
  if (batch instanceof CollectedBatch) return batch.take();
  throw new TypeError('the batch is not of a state engine');
}
