import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { isCodedError } from '#kernel';
import { STALE_KEYS_PER_RECORD } from '../limits.ts';
import { packStaleKeys, unpackStaleKeys } from '../tree/stale-keys.ts';

it('keys of stale nodes come back from their records, which are bounded', () => {
  const key = fc.uint8Array({ minLength: 9, maxLength: 41 });
  fc.assert(
    fc.property(fc.array(key, { maxLength: 3 * STALE_KEYS_PER_RECORD, size: 'max' }), (keys) => {
      const records = packStaleKeys(keys);
      assert.deepEqual(records.flatMap(unpackStaleKeys), keys);
      assert.equal(records.length, Math.ceil(keys.length / STALE_KEYS_PER_RECORD));
    }),
    { numRuns: 20 },
  );
});

it('a record that was cut is damaged', () => {
  const [record] = packStaleKeys([new Uint8Array(9), new Uint8Array(12)]);
  assert.throws(
    () => unpackStaleKeys((record as Uint8Array).slice(0, -1)),
    (error) => isCodedError(error, 'blockchain.corrupt-state'),
  );
});
