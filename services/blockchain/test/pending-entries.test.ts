import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createMemoryStateEngine, type Entry, type RangeOptions, type StateEngine } from '#engines/state';
import type { StateWrite } from '../ledger/genesis-entries.ts';
import { PendingEntries } from '../ledger/pending-entries.ts';

/** Short keys of few bytes, so that most of what is pending hides something and ranges have neighbours. */
const key = fc
  .array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 3 })
  .map((bytes) => Uint8Array.from(bytes));
const write: fc.Arbitrary<StateWrite> = fc.record({
  key,
  value: fc.option(
    fc.nat({ max: 255 }).map((byte) => Uint8Array.of(byte)),
    { nil: undefined, freq: 3 },
  ),
});
const range: fc.Arbitrary<RangeOptions> = fc
  .record(
    {
      lower: fc.tuple(fc.constantFrom('gte' as const, 'gt' as const), key),
      upper: fc.tuple(fc.constantFrom('lt' as const, 'lte' as const), key),
      reverse: fc.boolean(),
      limit: fc.nat({ max: 6 }),
    },
    { requiredKeys: [] },
  )
  .map(({ lower, upper, ...rest }) =>
    Object.assign(rest, lower && { [lower[0]]: lower[1] }, upper && { [upper[0]]: upper[1] }),
  );

async function writeAll(engine: StateEngine, writes: readonly StateWrite[]): Promise<void> {
  const batch = engine.batch();
  for (const { key: at, value } of writes) {
    if (value === undefined) batch.delete('state', at);
    else batch.put('state', at, value);
  }
  await engine.write(batch);
}

async function listed(engine: Pick<StateEngine, 'range'>, options: RangeOptions): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of engine.range('state', options)) entries.push(entry);
  return entries;
}

test('entries that are pending are read as if they were written', async () => {
  const writes = fc.array(write, { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(writes, writes, fc.array(key), range, async (before, after, keys, options) => {
      const [stored, written] = [createMemoryStateEngine(), createMemoryStateEngine()];
      await writeAll(stored, before);
      await writeAll(written, [...before, ...after]);
      const pending = new PendingEntries(stored);
      for (const one of after) pending.set(one);
      assert.deepEqual(await pending.getMany('state', keys), await written.getMany('state', keys));
      assert.deepEqual(await listed(pending, options), await listed(written, options));
      assert.equal([...pending.all()].length, pending.size);
      await writeAll(stored, [...pending.all()]);
      assert.deepEqual(
        await stored.rangeAll('state', { limit: 100 }),
        await written.rangeAll('state', { limit: 100 }),
      );
    }),
    { numRuns: 500 },
  );
});
