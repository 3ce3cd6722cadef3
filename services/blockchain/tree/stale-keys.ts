import { blockchainError } from '../errors.ts';
import { STALE_KEYS_PER_RECORD } from '../limits.ts';

/**
 * Keys of nodes that a version no longer uses, as records of a bounded size: one write for many keys, since every
 * block makes hundreds. A key is at most 41 bytes, so one byte holds its length.
 */
export function packStaleKeys(keys: readonly Uint8Array[]): Uint8Array[] {
  const records: Uint8Array[] = [];
  for (let start = 0; start < keys.length; start += STALE_KEYS_PER_RECORD) {
    const some = keys.slice(start, start + STALE_KEYS_PER_RECORD);
    const record = new Uint8Array(some.reduce((sum, key) => sum + 1 + key.length, 0));
    let offset = 0;
    for (const key of some) {
      record[offset] = key.length;
      record.set(key, offset + 1);
      offset += 1 + key.length;
    }
    records.push(record);
  }
  return records;
}

/** @throws `blockchain.corrupt-state` */
export function unpackStaleKeys(record: Uint8Array): Uint8Array[] {
  const keys: Uint8Array[] = [];
  let offset = 0;
  while (offset < record.length) {
    const end = offset + 1 + (record[offset] as number);
    if (end > record.length) {
      throw blockchainError(
        'corrupt-state',
        'a record of stale nodes is damaged; restore the home from a backup',
      );
    }
    keys.push(record.slice(offset + 1, end));
    offset = end;
  }
  return keys;
}
