import { stateEngineError } from './errors.ts';
import { CollectedBatch, operationsOf } from './operations.ts';
import { STATE_FAMILIES, type Entry, type RangeOptions, type StateEngine, type StateFamily } from './port.ts';

/** The memory engine, with the power to lose what was not synced. */
export interface MemoryStateEngine extends StateEngine {
  /**
   * What a machine finds after it went down, in an engine of its own: the batches up to the last synced one, and
   * the first `kept` of those after it.
   */
  crash(kept?: number): MemoryStateEngine;
  /** Batches after the last synced one. */
  readonly unsynced: number;
}

/** One write as it is kept; a deletion has no value. */
interface KeptOperation {
  readonly family: StateFamily;
  readonly key: string;
  readonly value: Uint8Array | undefined;
}

/**
 * State in memory, sorted by key, for tests and simulation. Bytes are copied in and out, so that a caller that
 * reuses a buffer meets the same behaviour as with a database.
 */
export function createMemoryStateEngine(
  synced: readonly (readonly KeptOperation[])[] = [],
): MemoryStateEngine {
  const families = new Map(STATE_FAMILIES.map((family) => [family, new SortedFamily()] as const));
  /** Batches since the start, kept for `crash`. */
  const log: (readonly KeptOperation[])[] = [...synced];
  let syncedCount = log.length;
  let closed = false;
  let [writes, syncedWrites] = [0, 0];
  for (const operations of synced) apply(operations);

  function family(name: StateFamily): SortedFamily {
    if (closed) throw stateEngineError('closed', 'the state engine is closed');
    return families.get(name) as SortedFamily;
  }

  function apply(operations: readonly KeptOperation[]): void {
    for (const { family: name, key, value } of operations) family(name).set(key, value);
  }

  async function* range(name: StateFamily, options: RangeOptions): AsyncIterable<Entry> {
    yield* family(name).range(options);
  }

  return {
    get: async (name, key) => family(name).get(textOf(key)),
    getMany: async (name, keys) => keys.map((key) => family(name).get(textOf(key))),
    range,
    rangeAll: async (name, options) => [...family(name).range(options)],
    batch: () => new CollectedBatch(),
    async write(batch, { sync = false } = {}) {
      const operations = operationsOf(batch).map(({ family: name, key, value }) => ({
        family: name,
        key: textOf(key),
        value: value?.slice(),
      }));
      apply(operations);
      log.push(operations);
      writes++;
      if (!sync) return;
      syncedCount = log.length;
      syncedWrites++;
    },
    async statistics() {
      let approximateBytes = 0;
      for (const name of STATE_FAMILIES) approximateBytes += family(name).bytes;
      return { approximateBytes, writes, syncedWrites, logSyncs: syncedWrites };
    },
    async close() {
      closed = true;
    },
    crash(kept = 0) {
      closed = true;
      return createMemoryStateEngine(log.slice(0, syncedCount + kept));
    },
    get unsynced() {
      return log.length - syncedCount;
    },
  };
}

/** Keys that come or go between two ranges beyond which sorting all is cheaper than finding the place of each. */
const CHANGES_MAX = 64;

/** One family: values by key as text, a character a byte, in the order of the bytes; sorted when a range asks for it. */
class SortedFamily {
  readonly #values = new Map<string, Uint8Array>();
  #sorted: string[] | undefined;
  /** Keys that came or went since the last range. */
  #changes = 0;
  bytes = 0;

  get(key: string): Uint8Array | undefined {
    return this.#values.get(key)?.slice();
  }

  set(key: string, value: Uint8Array | undefined): void {
    const before = this.#values.get(key);
    this.bytes += (value?.length ?? 0) - (before?.length ?? 0);
    if (value === undefined) this.#values.delete(key);
    else this.#values.set(key, value);
    if ((before === undefined) !== (value === undefined)) this.#changed(key, value !== undefined);
  }

  #changed(key: string, isNew: boolean): void {
    if (this.#sorted === undefined) return;
    if (++this.#changes > CHANGES_MAX) {
      this.#sorted = undefined;
      return;
    }
    const at = firstIndex(this.#sorted, key, false);
    if (isNew) this.#sorted.splice(at, 0, key);
    else this.#sorted.splice(at, 1);
  }

  *range(options: RangeOptions): Iterable<Entry> {
    this.#sorted ??= [...this.#values.keys()].toSorted((a, b) => (a < b ? -1 : 1));
    this.#changes = 0;
    const sorted = this.#sorted;
    const from = lowerBound(sorted, options);
    const to = upperBound(sorted, options);
    const count = Math.min(Math.max(0, to - from), options.limit ?? Infinity);
    // Snapshot of the keys: writes while the caller iterates do not disturb it.
    const keys = options.reverse
      ? sorted.slice(Math.max(from, to - count), to).toReversed()
      : sorted.slice(from, from + count);
    for (const key of keys) {
      const value = this.#values.get(key);
      if (value !== undefined) yield { key: bytesOf(key), value: value.slice() };
    }
  }
}

function lowerBound(sorted: readonly string[], { gte, gt }: RangeOptions): number {
  if (gte !== undefined) return firstIndex(sorted, textOf(gte), false);
  return gt === undefined ? 0 : firstIndex(sorted, textOf(gt), true);
}

function upperBound(sorted: readonly string[], { lt, lte }: RangeOptions): number {
  if (lt !== undefined) return firstIndex(sorted, textOf(lt), false);
  return lte === undefined ? sorted.length : firstIndex(sorted, textOf(lte), true);
}

/** Index of the first key that is at least `key`, or above it when `after`. */
function firstIndex(sorted: readonly string[], key: string, after: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = sorted[middle] as string;
    if (at < key || (after && at === key)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Bytes that become text go through it: that is faster than any other way, and makes text in one piece. */
const scratch = Buffer.alloc(256);

function textOf(key: Uint8Array): string {
  if (key.length > scratch.length) return Buffer.from(key).toString('latin1');
  scratch.set(key);
  return scratch.toString('latin1', 0, key.length);
}

function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}
