import { fromHex, toHex } from '#kernel';
import { stateEngineError } from './errors.ts';
import { CollectedBatch, operationsOf, type Operation } from './operations.ts';
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

/**
 * State in memory, sorted by key, for tests and simulation. Bytes are copied in and out, so that a caller that
 * reuses a buffer meets the same behaviour as with a database.
 */
export function createMemoryStateEngine(synced: readonly (readonly Operation[])[] = []): MemoryStateEngine {
  const families = new Map(STATE_FAMILIES.map((family) => [family, new SortedFamily()] as const));
  /** Batches since the start, kept for `crash`. */
  const log: (readonly Operation[])[] = [...synced];
  let syncedCount = log.length;
  let closed = false;
  let [writes, syncedWrites] = [0, 0];
  for (const operations of synced) apply(operations);

  function family(name: StateFamily): SortedFamily {
    if (closed) throw stateEngineError('closed', 'the state engine is closed');
    return families.get(name) as SortedFamily;
  }

  function apply(operations: readonly Operation[]): void {
    for (const { family: name, key, value } of operations) family(name).set(toHex(key), value);
  }

  async function* range(name: StateFamily, options: RangeOptions): AsyncIterable<Entry> {
    yield* family(name).range(options);
  }

  return {
    get: async (name, key) => family(name).get(toHex(key)),
    getMany: async (name, keys) => keys.map((key) => family(name).get(toHex(key))),
    range,
    rangeAll: async (name, options) => [...family(name).range(options)],
    batch: () => new CollectedBatch(),
    async write(batch, { sync = false } = {}) {
      const operations = operationsOf(batch).map(({ family: name, key, value }) => ({
        family: name,
        key: key.slice(),
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

/** One family: values by key in hex, whose order is that of the bytes; sorted when a range asks for it. */
class SortedFamily {
  readonly #values = new Map<string, Uint8Array>();
  #sorted: string[] | undefined = [];
  bytes = 0;

  get(key: string): Uint8Array | undefined {
    return this.#values.get(key)?.slice();
  }

  set(key: string, value: Uint8Array | undefined): void {
    const before = this.#values.get(key);
    this.bytes += (value?.length ?? 0) - (before?.length ?? 0);
    if (value === undefined) this.#values.delete(key);
    else this.#values.set(key, value);
    if ((before === undefined) !== (value === undefined)) this.#sorted = undefined;
  }

  *range(options: RangeOptions): Iterable<Entry> {
    this.#sorted ??= [...this.#values.keys()].toSorted((a, b) => (a < b ? -1 : 1));
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
      if (value !== undefined) yield { key: fromHex(key), value: value.slice() };
    }
  }
}

function lowerBound(sorted: readonly string[], { gte, gt }: RangeOptions): number {
  if (gte !== undefined) return firstIndex(sorted, toHex(gte), false);
  return gt === undefined ? 0 : firstIndex(sorted, toHex(gt), true);
}

function upperBound(sorted: readonly string[], { lt, lte }: RangeOptions): number {
  if (lt !== undefined) return firstIndex(sorted, toHex(lt), false);
  return lte === undefined ? sorted.length : firstIndex(sorted, toHex(lte), true);
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
