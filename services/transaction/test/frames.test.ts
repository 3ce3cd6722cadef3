import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concatBytes, isCodedError, toHex } from '#kernel';
import { frameTransactions, packIds, unframeTransactions, unpackIds } from '../gossip/frames.ts';
import { TRANSACTION_BYTES_MAX } from '../index.ts';
import { filled } from './support/samples.ts';

const parts = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });

test('transactions come out of a frame as they went in', () => {
  fc.assert(
    fc.property(parts, (encoded) =>
      assert.deepEqual(unframeTransactions(frameTransactions(encoded)), encoded),
    ),
  );
});

test('any bytes are a frame in one way, or are refused as malformed', () => {
  const mutated = fc.tuple(parts, fc.nat(), fc.nat({ max: 255 }), fc.integer({ min: -3, max: 3 }));
  fc.assert(
    fc.property(mutated, ([encoded, at, byte, growth]) => {
      const frame = frameTransactions(encoded);
      const bytes = new Uint8Array(Math.max(1, frame.length + growth));
      bytes.set(frame.subarray(0, bytes.length));
      bytes[at % bytes.length] = byte;
      try {
        assert.deepEqual(frameTransactions(unframeTransactions(bytes)), bytes);
      } catch (error) {
        assert.ok(isCodedError(error, 'transaction-gossip.malformed-frame'), String(error));
      }
    }),
    { numRuns: 500 },
  );
});

test('a frame that was cut gives its whole transactions where a torn end is expected', () => {
  fc.assert(
    fc.property(parts, fc.nat(), (encoded, at) => {
      const frame = frameTransactions(encoded);
      const length = at % (frame.length + 1);
      const intact = unframeTransactions(frame.subarray(0, length), { tornEnd: true });
      assert.deepEqual(intact, encoded.slice(0, intact.length));
      const next = encoded[intact.length];
      if (next !== undefined)
        assert.ok(frameTransactions(encoded.slice(0, intact.length + 1)).length > length);
    }),
  );
});

test('a frame claims no transaction that is longer than any', () => {
  const header = new Uint8Array(4);
  new DataView(header.buffer).setUint32(0, TRANSACTION_BYTES_MAX + 1);
  const frame = concatBytes(header, new Uint8Array(TRANSACTION_BYTES_MAX + 1));
  assert.throws(() => unframeTransactions(frame), { code: 'transaction-gossip.malformed-frame' });
});

test('ids come back, up to the number that is asked for', () => {
  const ids = [1, 2, 3].map((byte) => toHex(filled(32, byte)));
  assert.deepEqual(unpackIds(packIds(ids), 3), ids);
  for (const [packed, countMax] of [
    [packIds(ids), 2],
    [packIds(ids).subarray(1), 3],
  ] as const) {
    assert.throws(() => unpackIds(packed, countMax), { code: 'transaction-gossip.malformed-frame' });
  }
});
