/** Families of keys; each is a key space of its own, all written by one atomic batch. Append only. */
export const STATE_FAMILIES = [
  'meta',
  'state',
  'tree',
  'stale',
  'blocks',
  'receipts',
  'transactions',
  'history',
  'evidence',
] as const;
export type StateFamily = (typeof STATE_FAMILIES)[number];

/** One atomic group of writes over any families; later operations on a key win. Spent after `write`. */
export interface WriteBatch {
  put(family: StateFamily, key: Uint8Array, value: Uint8Array): void;
  delete(family: StateFamily, key: Uint8Array): void;
  /** Number of operations. */
  readonly size: number;
}

/** Bounds over keys in bytewise order; at most one lower and one upper bound. */
export interface RangeOptions {
  readonly gte?: Uint8Array;
  readonly gt?: Uint8Array;
  readonly lt?: Uint8Array;
  readonly lte?: Uint8Array;
  /** Largest key first. */
  readonly reverse?: boolean;
  readonly limit?: number;
}

export interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface StateStatistics {
  /** Bytes on disk and in write buffers, roughly. */
  readonly approximateBytes: number;
  readonly writes: number;
  /** Synced writes that returned, and the syncs of the log that they shared. */
  readonly syncedWrites: number;
  readonly logSyncs: number;
}

/**
 * Ordered key-value storage with atomic batches. What a call returns belongs to the caller; what it is given
 * must not change until it resolves.
 */
export interface StateEngine {
  get(family: StateFamily, key: Uint8Array): Promise<Uint8Array | undefined>;
  /** Values in the order of the keys, in one call to the engine. */
  getMany(family: StateFamily, keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]>;
  range(family: StateFamily, options: RangeOptions): AsyncIterable<Entry>;
  /** One bounded page. */
  rangeAll(family: StateFamily, options: RangeOptions & { readonly limit: number }): Promise<Entry[]>;
  batch(): WriteBatch;
  /**
   * Applies a batch atomically: after a crash all of it is there or nothing. With `sync` it returns only when
   * power loss cannot undo it, nor any write before it.
   *
   * @throws `engine.state.io`, `engine.state.closed`, `engine.state.batch-spent`
   */
  write(batch: WriteBatch, options?: { readonly sync?: boolean }): Promise<void>;
  statistics(): Promise<StateStatistics>;
  /** Waits for what is under way, then closes. May be called again. */
  close(): Promise<void>;
}

/** How much memory the engine takes: `local` for several nodes on one machine. */
export type StateProfile = 'local' | 'production';
