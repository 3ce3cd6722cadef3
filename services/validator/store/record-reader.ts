/** Where records of the state are read: the state family of an engine, at the tip or in the past. */
export interface RecordReader {
  /** Values in the order of the keys. */
  getMany(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]>;
  /** Entries from `gte` on and before `lt`, in order, at most `limit`. */
  range(
    gte: Uint8Array,
    lt: Uint8Array,
    limit?: number,
  ): Promise<readonly { readonly key: Uint8Array; readonly value: Uint8Array }[]>;
}

/** The first key after all that begin with a prefix. */
export function endOfPrefix(prefix: Uint8Array): Uint8Array {
  const end = prefix.slice();
  for (let i = end.length - 1; i >= 0; i--) {
    if (end[i] === 0xff) continue;
    end[i] = (end[i] ?? 0) + 1;
    return end.slice(0, i + 1);
  }
  // Keys begin with a tag far below 255.
  return Uint8Array.of(0xff);
}
