import type RocksDB from 'rocksdb-native';
import type { Operation } from './operations.ts';

type Native = InstanceType<typeof RocksDB>;

/**
 * The one place that reaches behind rocksdb-native's public face. RocksDB applies a batch over several column
 * families atomically; the binding's batch takes the family of the session that it belongs to, read from its
 * private `_db` at each operation. All sessions share one database, so pointing `_db` at another family's
 * session for one call files the operation under that family. `test/cross-family.test.ts` pins this.
 */
interface BatchInternals {
  _db: Native;
}

/** Writes operations over several families as one atomic native batch. */
export async function writeAcrossFamilies(
  root: Native,
  sessions: ReadonlyMap<string, Native>,
  operations: readonly Operation[],
): Promise<void> {
  const batch = root.write({ capacity: Math.max(32, operations.length) });
  try {
    const internals = batch as unknown as BatchInternals;
    const place = intoOneBuffer(operations);
    for (const { family, key, value } of operations) {
      internals._db = sessions.get(family) as Native;
      if (value === undefined) batch.tryDelete(place(key));
      else batch.tryPut(place(key), place(value));
    }
    internals._db = root;
    await batch.flush();
  } finally {
    // A batch that is not destroyed keeps the database from ever closing.
    batch.destroy();
  }
}

/**
 * Copies keys and values one after the other into one buffer. The binding asks each array for its memory; a small
 * array of its own would first have to be moved off the JavaScript heap, which costs more than all the rest.
 */
function intoOneBuffer(operations: readonly Operation[]): (bytes: Uint8Array) => Uint8Array {
  const total = operations.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0);
  const buffer = new Uint8Array(new ArrayBuffer(total));
  let offset = 0;
  return (bytes) => {
    const start = offset;
    buffer.set(bytes, start);
    offset += bytes.length;
    return buffer.subarray(start, offset);
  };
}
