import type { Entry, RangeOptions, StateEngine, StateFamily } from '#engines/state';
import { equalBytes } from '#kernel';
import { blockchainError } from '../errors.ts';
import { META, encodeTip } from '../ledger/records.ts';
import { readRoot } from '../ledger/roots.ts';
import { keyHashOf, type ChildRef } from '../tree/node.ts';
import { readPath } from '../tree/read-path.ts';
import { PastKeys, comesAndGoes } from './past-keys.ts';

/**
 * A state engine as it was at a retained height, to read alone: entries come from the tree of that height, whose nodes
 * stay where they were written.
 */
export class PastEngine implements StateEngine {
  readonly #engine: StateEngine;
  readonly #keys: PastKeys;
  #root: ChildRef | undefined;
  #tip: Uint8Array = new Uint8Array(0);

  constructor(engine: StateEngine) {
    this.#engine = engine;
    this.#keys = new PastKeys({ getMany: (keys) => engine.getMany('tree', keys) });
  }

  /** @throws `blockchain.height-not-retained` */
  async moveTo(height: number, receiptRoot: Uint8Array): Promise<void> {
    this.#root = await readRoot(this.#engine, height);
    await this.#keys.moveTo(this.#root);
    this.#tip = encodeTip(height, receiptRoot);
  }

  async get(family: StateFamily, key: Uint8Array): Promise<Uint8Array | undefined> {
    const [value] = await this.getMany(family, [key]);
    return value;
  }

  async getMany(family: StateFamily, keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    if (family === 'state') return Promise.all(keys.map((key) => this.#entry(key)));
    const found = await this.#engine.getMany(family, keys);
    if (family !== 'meta') return found;
    return keys.map((key, i) => (equalBytes(key, META.tip) ? this.#tip : found[i]));
  }

  async *range(family: StateFamily, options: RangeOptions): AsyncIterable<Entry> {
    const first = options.gte ?? options.gt;
    if (family === 'state' && first !== undefined && comesAndGoes(first)) {
      for (const key of this.#keys.within(options)) {
        const value = await this.#entry(key);
        if (value !== undefined) yield { key, value };
      }
      return;
    }
    for await (const entry of this.#engine.range(family, options)) {
      if (family !== 'state') yield entry;
      else {
        // None of these entries was ever removed: the keys of a height are among those of the tip.
        const value = await this.#entry(entry.key);
        if (value !== undefined) yield { key: entry.key, value };
      }
    }
  }

  async rangeAll(family: StateFamily, options: RangeOptions & { readonly limit: number }): Promise<Entry[]> {
    const entries: Entry[] = [];
    for await (const entry of this.range(family, options)) entries.push(entry);
    return entries;
  }

  batch = (): ReturnType<StateEngine['batch']> => this.#engine.batch();
  statistics = (): ReturnType<StateEngine['statistics']> => this.#engine.statistics();

  async write(): Promise<void> {
    throw blockchainError('stale-execution', 'the past is not written to');
  }

  async close(): Promise<void> {
    // The engine is another's.
  }

  async #entry(key: Uint8Array): Promise<Uint8Array | undefined> {
    const reader = { getMany: (keys: readonly Uint8Array[]) => this.#engine.getMany('tree', keys) };
    return (await readPath(reader, this.#root, keyHashOf(key))).value;
  }
}
