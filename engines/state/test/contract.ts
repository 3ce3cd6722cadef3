import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compareBytes, isCodedError, toHex, utf8 } from '#kernel';
import type { RangeOptions, StateEngine, StateFamily } from '#engines/state';

/** An engine under test, opened empty; `reopen` closes and opens it again over the same data, where it can. */
export interface EngineUnderTest {
  engine: StateEngine;
  reopen?: () => Promise<StateEngine>;
  teardown(): Promise<void>;
}

const KEY = fc.uint8Array({ minLength: 1, maxLength: 3 });
const FAMILY = fc.constantFrom<StateFamily>('state', 'tree', 'history');
const OPERATION = fc.record({
  family: FAMILY,
  key: KEY,
  value: fc.option(fc.uint8Array({ maxLength: 40 }), { nil: undefined }),
});

/** What every engine of the port must do; run for the embedded and the real one. */
export function stateEngineContract(name: string, setup: () => Promise<EngineUnderTest>): void {
  const within = async (work: (subject: EngineUnderTest) => Promise<void>): Promise<void> => {
    const subject = await setup();
    try {
      await work(subject);
    } finally {
      await subject.teardown();
    }
  };

  describe(`state engine: ${name}`, () => {
    it('gives back what was put, per family, and nothing for what was not or was deleted', () =>
      within(async ({ engine }) => {
        const batch = engine.batch();
        batch.put('state', utf8('a'), utf8('1'));
        batch.put('tree', utf8('a'), utf8('2'));
        batch.put('state', utf8('b'), new Uint8Array(0));
        batch.put('state', utf8('c'), utf8('x'));
        batch.delete('state', utf8('c'));
        await engine.write(batch);
        assert.deepEqual(await engine.get('state', utf8('a')), utf8('1'));
        assert.deepEqual(await engine.getMany('tree', [utf8('b'), utf8('a')]), [undefined, utf8('2')]);
        assert.deepEqual(await engine.get('state', utf8('b')), new Uint8Array(0));
        assert.equal(await engine.get('state', utf8('c')), undefined);
        assert.deepEqual(await engine.getMany('state', []), []);
      }));

    it('behaves as a sorted map under random batches and ranges', () =>
      within(async ({ engine }) => {
        const model = new Map<StateFamily, Map<string, [Uint8Array, Uint8Array]>>();
        await fc.assert(
          fc.asyncProperty(
            fc.array(OPERATION, { maxLength: 12 }),
            FAMILY,
            KEY,
            KEY,
            fc.boolean(),
            fc.integer({ min: 1, max: 8 }),
            async (operations, family, from, to, reverse, limit) => {
              const batch = engine.batch();
              for (const { family: into, key, value } of operations) {
                const entries = model.get(into) ?? new Map<string, [Uint8Array, Uint8Array]>();
                model.set(into, entries);
                if (value === undefined) {
                  batch.delete(into, key);
                  entries.delete(toHex(key));
                } else {
                  batch.put(into, key, value);
                  entries.set(toHex(key), [key, value]);
                }
              }
              await engine.write(batch, { sync: operations.length % 5 === 0 });
              const bounds: (RangeOptions & { limit: number })[] = [
                { gte: from, lt: to, reverse, limit },
                { gt: from, lte: to, reverse, limit },
                { reverse, limit: 100_000 },
              ];
              for (const options of bounds) {
                const expected = inRange([...(model.get(family)?.values() ?? [])], options);
                const found = await engine.rangeAll(family, options);
                assert.deepEqual(
                  found.map(({ key, value }) => [toHex(key), toHex(value)]),
                  expected.map(([key, value]) => [toHex(key), toHex(value)]),
                );
              }
            },
          ),
          { numRuns: 40 },
        );
      }));

    it('ends an iteration that the caller leaves', () =>
      within(async ({ engine }) => {
        const batch = engine.batch();
        for (let i = 0; i < 1000; i++) batch.put('blocks', Uint8Array.of(i >> 8, i & 255), utf8('x'));
        await engine.write(batch);
        for await (const { key } of engine.range('blocks', {})) {
          assert.deepEqual(key, Uint8Array.of(0, 0));
          break;
        }
      }));

    it('refuses a spent batch and a closed engine with codes, and closes twice', () =>
      within(async ({ engine }) => {
        const batch = engine.batch();
        await engine.write(batch);
        await assert.rejects(engine.write(batch), (error) => isCodedError(error, 'engine.state.batch-spent'));
        await Promise.all([engine.close(), engine.close()]);
        await assert.rejects(engine.get('state', utf8('a')), (error) =>
          isCodedError(error, 'engine.state.closed'),
        );
      }));

    it('keeps what was written over a close and open', () =>
      within(async (subject) => {
        if (subject.reopen === undefined) return;
        const batch = subject.engine.batch();
        batch.put('state', utf8('kept'), utf8('value'));
        batch.put('blocks', utf8('kept'), new Uint8Array(100_000).fill(7));
        await subject.engine.write(batch, { sync: true });
        const again = await subject.reopen();
        assert.deepEqual(await again.get('state', utf8('kept')), utf8('value'));
        assert.deepEqual(await again.get('blocks', utf8('kept')), new Uint8Array(100_000).fill(7));
      }));

    it('shares syncs between concurrent writers', () =>
      within(async ({ engine }) => {
        await Promise.all(
          Array.from({ length: 50 }, async (_, i) => {
            const batch = engine.batch();
            batch.put('state', Uint8Array.of(i), utf8('v'));
            await engine.write(batch, { sync: true });
          }),
        );
        const { syncedWrites, logSyncs, approximateBytes } = await engine.statistics();
        assert.equal(syncedWrites, 50);
        assert.ok(logSyncs >= 1 && logSyncs <= 50);
        assert.ok(approximateBytes > 0);
      }));
  });
}

/** The model's answer, by filtering. */
function inRange(entries: [Uint8Array, Uint8Array][], options: RangeOptions): [Uint8Array, Uint8Array][] {
  const { gte, gt, lt, lte, reverse = false, limit = Infinity } = options;
  const inside = entries
    .filter(([key]) => gte === undefined || compareBytes(key, gte) >= 0)
    .filter(([key]) => gt === undefined || compareBytes(key, gt) > 0)
    .filter(([key]) => lt === undefined || compareBytes(key, lt) < 0)
    .filter(([key]) => lte === undefined || compareBytes(key, lte) <= 0)
    .toSorted(([a], [b]) => compareBytes(a, b));
  return (reverse ? inside.toReversed() : inside).slice(0, limit);
}
