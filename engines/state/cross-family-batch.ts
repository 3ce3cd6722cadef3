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
    for (const { family, key, value } of operations) {
      internals._db = sessions.get(family) as Native;
      if (value === undefined) batch.tryDelete(key);
      else batch.tryPut(key, value);
    }
    internals._db = root;
    await batch.flush();
  } finally {
    // A batch that is not destroyed keeps the database from ever closing.
    batch.destroy();
  }
}
