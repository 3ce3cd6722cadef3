import type { Entry, RangeOptions, StateEngine, StateFamily } from '#engines/state';
import { compareBytes, toHex } from '#kernel';
import type { StateWrite } from './genesis-entries.ts';

/**
 * Entries of the state as blocks leave them that are executed and not written yet, over those of the engine. Accounts
 * are not among them: these are read by a way of their own.
 */
export class PendingEntries implements Pick<StateEngine, 'getMany' | 'range'> {
  readonly #engine: Pick<StateEngine, 'getMany' | 'range'>;
  /** By the first byte of the key, which says what it is of; then by the hex of the key. */
  readonly #writes = new Map<number, Map<string, StateWrite>>();
  #size = 0;

  constructor(engine: Pick<StateEngine, 'getMany' | 'range'>) {
    this.#engine = engine;
  }

  get size(): number {
    return this.#size;
  }

  set(write: StateWrite): void {
    const tag = write.key[0] ?? 0;
    const ofTag = this.#writes.get(tag) ?? new Map<string, StateWrite>();
    this.#writes.set(tag, ofTag);
    const before = ofTag.size;
    ofTag.set(toHex(write.key), write);
    this.#size += ofTag.size - before;
  }

  *all(): Iterable<StateWrite> {
    for (const ofTag of this.#writes.values()) yield* ofTag.values();
  }

  async getMany(family: StateFamily, keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    if (family !== 'state' || this.#size === 0) return this.#engine.getMany(family, keys);
    const pending = keys.map((key) => this.#writes.get(key[0] ?? 0)?.get(toHex(key)));
    const stored = await this.#engine.getMany(
      family,
      keys.filter((_, i) => pending[i] === undefined),
    );
    let next = 0;
    return pending.map((write) => (write === undefined ? stored[next++] : write.value));
  }

  async *range(family: StateFamily, options: RangeOptions): AsyncIterable<Entry> {
    const pending = family === 'state' ? this.#within(options) : [];
    if (pending.length === 0) {
      yield* this.#engine.range(family, options);
      return;
    }
    const { limit = Infinity } = options;
    let given = 0;
    if (limit === 0) return;
    for await (const entry of this.#merged(pending, options)) {
      yield entry;
      if (++given === limit) return;
    }
  }

  /** Both in the order of the range; of a key in both, what is pending. */
  async *#merged(pending: readonly StateWrite[], options: RangeOptions): AsyncIterable<Entry> {
    const { limit } = options;
    // Each pending entry can hide one of the stored ones.
    const wider = limit === undefined ? {} : { limit: limit + pending.length };
    const order = options.reverse === true ? -1 : 1;
    let next = 0;
    for await (const stored of this.#engine.range('state', { ...options, ...wider })) {
      let write = pending[next];
      while (write !== undefined && compareBytes(write.key, stored.key) * order < 0) {
        if (write.value !== undefined) yield { key: write.key, value: write.value };
        write = pending[++next];
      }
      const isHidden = write !== undefined && compareBytes(write.key, stored.key) === 0;
      if (!isHidden) yield stored;
    }
    for (const { key, value } of pending.slice(next)) if (value !== undefined) yield { key, value };
  }

  #within({ gte, gt, lt, lte, reverse }: RangeOptions): StateWrite[] {
    const [lowest, highest] = [(gte ?? gt)?.[0] ?? 0, (lt ?? lte)?.[0] ?? 0xff];
    const found: StateWrite[] = [];
    for (const [tag, ofTag] of this.#writes) {
      if (tag < lowest || tag > highest) continue;
      for (const write of ofTag.values()) {
        const { key } = write;
        const isAfter =
          (gte === undefined || compareBytes(key, gte) >= 0) &&
          (gt === undefined || compareBytes(key, gt) > 0);
        const isBefore =
          (lt === undefined || compareBytes(key, lt) < 0) &&
          (lte === undefined || compareBytes(key, lte) <= 0);
        if (isAfter && isBefore) found.push(write);
      }
    }
    found.sort((a, b) => compareBytes(a.key, b.key));
    return reverse === true ? found.toReversed() : found;
  }
}
