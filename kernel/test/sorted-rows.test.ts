import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareBytes, hash, sortRows, uint64ToBytes } from '../index.ts';

const WIDTH = 5;

/** The order by definition: a stable sort of the records themselves. */
function reference(bytes: Uint8Array, rows: readonly number[]): number[] {
  const record = (row: number) => bytes.subarray(row * WIDTH, (row + 1) * WIDTH);
  return rows.toSorted((a, b) => compareBytes(record(a), record(b)) || a - b);
}

test('rows come in the order of their bytes, then of their numbers, whoever chose them', () => {
  const byte = fc.constantFrom(0, 1, 127, 128, 255);
  fc.assert(
    fc.property(fc.array(fc.tuple(byte, byte, byte, byte, byte)), (records) => {
      const bytes = Uint8Array.from(records.flat());
      const rows = records.map((_, row) => row).filter((row) => row % 3 !== 1);
      assert.deepEqual([...sortRows(bytes, WIDTH, Uint32Array.from(rows))], reference(bytes, rows));
    }),
  );
});

for (const [name, spread] of [
  ['spread', 256],
  ['that crowd in few buckets', 2],
] as const) {
  test(`thousands of rows ${name} come in order`, () => {
    const bytes = new Uint8Array(10_000 * WIDTH);
    for (let row = 0; row < 10_000; row++) {
      const record = hash('address', uint64ToBytes(row % 9_000)).slice(0, WIDTH);
      record[0] = (record[0] as number) % spread;
      record[1] = (record[1] as number) % spread;
      bytes.set(record, row * WIDTH);
    }
    const rows = Array.from({ length: 10_000 }, (_, row) => row);
    assert.deepEqual([...sortRows(bytes, WIDTH, Uint32Array.from(rows))], reference(bytes, rows));
  });
}
