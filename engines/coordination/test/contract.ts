import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { CoordinationEngine, Lease } from '#engines/coordination';
import { utf8, type Clock } from '#kernel';

/** A clock that a test sets. */
export class ManualClock implements Clock {
  ms = 1_000;
  now(): number {
    return this.ms;
  }
  monotonic(): number {
    return this.ms;
  }
}

/** An engine under test, opened empty; `reopen` closes and opens it again over the same data. */
export interface CoordinationUnderTest {
  readonly engine: CoordinationEngine;
  readonly clock: ManualClock;
  reopen(): Promise<CoordinationEngine>;
  teardown(): Promise<void>;
}

const TTL_MS = 1_000;
const lost = { code: 'engine.coordination.lease-lost' };
const conflict = { code: 'engine.coordination.revision-conflict' };
const outOfBounds = { code: 'engine.coordination.out-of-bounds' };

async function granted(engine: CoordinationEngine, name: string, holder: string): Promise<Lease> {
  const acquisition = await engine.acquire(name, holder, TTL_MS);
  assert.equal(acquisition.kind, 'granted');
  if (acquisition.kind !== 'granted') throw new Error('not granted');
  return acquisition.lease;
}

/** What every engine of the port must do; run for each. */
export function coordinationContract(name: string, setup: () => Promise<CoordinationUnderTest>): void {
  const within = async (work: (subject: CoordinationUnderTest) => Promise<void>): Promise<void> => {
    const subject = await setup();
    try {
      await work(subject);
    } finally {
      await subject.teardown();
    }
  };

  describe(`coordination engine: ${name}`, () => {
    it('gives a lease to one holder until its time is over, and then to another with a greater token', () =>
      within(async ({ engine, clock }) => {
        const first = await granted(engine, 'key', 'a');
        clock.ms += TTL_MS - 1;
        const refused = await engine.acquire('key', 'b', TTL_MS);
        assert.deepEqual(refused, {
          kind: 'held',
          by: { name: 'key', token: first.token, holder: 'a', remainingMs: 1 },
        });
        clock.ms += 1;
        assert.equal(await engine.holder('key'), undefined);
        const second = await granted(engine, 'key', 'b');
        assert.ok(second.token > first.token);
        assert.equal((await engine.holder('key'))?.holder, 'b');
      }));

    it('lets a renewal begin the time anew, and refuses one that comes too late or is of another', () =>
      within(async ({ engine, clock }) => {
        const lease = await granted(engine, 'key', 'a');
        for (let times = 0; times < 5; times++) {
          clock.ms += TTL_MS - 1;
          await engine.renew(lease);
        }
        await assert.rejects(engine.renew({ name: 'key', token: lease.token + 1 }), lost);
        await assert.rejects(engine.renew({ name: 'other', token: lease.token }), lost);
        clock.ms += TTL_MS;
        await assert.rejects(engine.renew(lease), lost);
        await granted(engine, 'key', 'b');
        await assert.rejects(engine.renew(lease), lost);
      }));

    it('gives the holder a new token when it acquires again, and voids the old one', () =>
      within(async ({ engine }) => {
        const first = await granted(engine, 'key', 'a');
        const second = await granted(engine, 'key', 'a');
        assert.ok(second.token > first.token);
        await assert.rejects(engine.put('r', utf8('1'), { lease: first, revision: 0 }), lost);
        await engine.put('r', utf8('1'), { lease: second, revision: 0 });
      }));

    it('frees a released lease at once, and leaves the one of the next holder alone', () =>
      within(async ({ engine }) => {
        const first = await granted(engine, 'key', 'a');
        await engine.release(first);
        const second = await granted(engine, 'key', 'b');
        await engine.release(first);
        assert.equal((await engine.holder('key'))?.token, second.token);
      }));

    it('writes a record only under the current lease and over the revision that was read', () =>
      within(async ({ engine, clock }) => {
        const a = await granted(engine, 'key', 'a');
        assert.equal(await engine.get('r'), undefined);
        const one = await engine.put('r', utf8('one'), { lease: a, revision: 0 });
        await assert.rejects(engine.put('r', utf8('x'), { lease: a, revision: 0 }), conflict);
        await assert.rejects(engine.put('r', utf8('x'), { lease: a, revision: one + 1 }), conflict);
        const two = await engine.put('r', utf8('two'), { lease: a, revision: one });
        assert.ok(two > one);
        clock.ms += TTL_MS;
        // Nobody else has it yet, and still it is over.
        await assert.rejects(engine.put('r', utf8('x'), { lease: a, revision: two }), lost);
        const b = await granted(engine, 'key', 'b');
        await assert.rejects(engine.put('r', utf8('x'), { lease: a, revision: two }), lost);
        assert.deepEqual(await engine.get('r'), { value: utf8('two'), revision: two });
        await engine.put('r', utf8('three'), { lease: b, revision: two });
      }));

    it('lets one of many writers win that have read the same revision', () =>
      within(async ({ engine }) => {
        const lease = await granted(engine, 'key', 'a');
        const writes = Array.from({ length: 20 }, (_, i) =>
          engine.put('r', Uint8Array.of(i), { lease, revision: 0 }).then(
            () => i,
            () => undefined,
          ),
        );
        const winners = (await Promise.all(writes)).filter((winner) => winner !== undefined);
        assert.equal(winners.length, 1);
        assert.deepEqual((await engine.get('r'))?.value, Uint8Array.of(winners[0] ?? -1));
      }));

    it('keeps records, leases and the growth of tokens over a restart', () =>
      within(async (subject) => {
        const { engine, clock } = subject;
        const lease = await granted(engine, 'key', 'a');
        const gone = await granted(engine, 'gone', 'a');
        const revision = await engine.put('r', utf8('kept'), { lease, revision: 0 });
        await engine.release(gone);
        clock.ms += TTL_MS / 2;
        const again = await subject.reopen();
        assert.deepEqual(await again.get('r'), { value: utf8('kept'), revision });
        // Its time begins anew: nobody loses a lease to a restart of the engine.
        assert.deepEqual(await again.holder('key'), { ...lease, holder: 'a', remainingMs: TTL_MS });
        await again.put('r', utf8('more'), { lease, revision });
        const next = await granted(again, 'gone', 'b');
        assert.ok(next.token > revision && next.token > gone.token);
      }));

    it('refuses what is outside its bounds and changes nothing', () =>
      within(async ({ engine }) => {
        const lease = await granted(engine, 'key', 'a');
        for (const text of ['', 'x'.repeat(257), 'ä'.repeat(129)]) {
          await assert.rejects(engine.acquire(text, 'a', TTL_MS), outOfBounds);
          await assert.rejects(engine.acquire('key', text, TTL_MS), outOfBounds);
          await assert.rejects(engine.get(text), outOfBounds);
          await assert.rejects(engine.put(text, utf8('v'), { lease, revision: 0 }), outOfBounds);
        }
        for (const ttlMs of [0, -1, 99, 1.5, Number.NaN, Infinity, 3_600_001]) {
          await assert.rejects(engine.acquire('other', 'a', ttlMs), outOfBounds);
        }
        await assert.rejects(engine.put('r', new Uint8Array(4_097), { lease, revision: 0 }), outOfBounds);
        assert.equal(await engine.get('r'), undefined);
      }));

    it('refuses everything with a code once it is closed, and closes twice', () =>
      within(async ({ engine }) => {
        await Promise.all([engine.close(), engine.close()]);
        await assert.rejects(engine.acquire('key', 'a', TTL_MS), { code: 'engine.coordination.closed' });
        await assert.rejects(engine.get('r'), { code: 'engine.coordination.closed' });
      }));

    it('behaves as a model under random calls and restarts', () => modelTest(setup));
  });
}

type Call =
  | {
      readonly kind: 'acquire' | 'renew' | 'release' | 'put';
      readonly holder: 0 | 1;
      readonly stale: boolean;
    }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'reopen' };

const CALL: fc.Arbitrary<Call> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('acquire' as const, 'renew' as const, 'release' as const, 'put' as const),
    holder: fc.constantFrom(0 as const, 1 as const),
    stale: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 700 }) }),
  fc.constant({ kind: 'reopen' as const }),
);

/** The model has its own arithmetic: one current token, its end, one value. */
async function modelTest(setup: () => Promise<CoordinationUnderTest>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(CALL, { maxLength: 30 }), async (calls) => {
      const subject = await setup();
      let { engine } = subject;
      const { clock } = subject;
      let current: { token: number; holder: number; endsAtMs: number } | undefined;
      let greatest = 0;
      const tokens: number[] = [0, 0];
      let record = { value: -1, revision: 0 };
      const isCurrent = (token: number): boolean =>
        current !== undefined && current.token === token && clock.ms < current.endsAtMs;
      try {
        for (const [index, call] of calls.entries()) {
          if (call.kind === 'wait') clock.ms += call.ms;
          else if (call.kind === 'reopen') {
            engine = await subject.reopen();
            // A lease that ended and that nobody took meanwhile begins anew as well.
            if (current !== undefined) current.endsAtMs = clock.ms + TTL_MS;
          } else {
            const token = (tokens[call.holder] ?? 0) - (call.stale ? 1 : 0);
            const lease = { name: 'key', token };
            if (call.kind === 'acquire') {
              const free =
                current === undefined || clock.ms >= current.endsAtMs || current.holder === call.holder;
              const answer = await engine.acquire('key', String(call.holder), TTL_MS);
              assert.equal(answer.kind, free ? 'granted' : 'held');
              if (answer.kind === 'granted') {
                assert.ok(answer.lease.token > greatest);
                greatest = answer.lease.token;
                tokens[call.holder] = greatest;
                current = { token: greatest, holder: call.holder, endsAtMs: clock.ms + TTL_MS };
              }
            } else if (call.kind === 'release') {
              await engine.release(lease);
              if (current?.token === token) current = undefined;
            } else if (call.kind === 'renew') {
              if (!isCurrent(token)) await assert.rejects(engine.renew(lease), lost);
              else {
                await engine.renew(lease);
                if (current !== undefined) current.endsAtMs = clock.ms + TTL_MS;
              }
            } else {
              const revision = call.stale ? record.revision + 1 : record.revision;
              const put = engine.put('r', Uint8Array.of(index), { lease, revision });
              if (!isCurrent(token)) await assert.rejects(put, lost);
              else if (revision !== record.revision) await assert.rejects(put, conflict);
              else record = { value: index, revision: await put };
            }
          }
          const found = await engine.get('r');
          assert.deepEqual([found?.value[0] ?? -1, found?.revision ?? 0], [record.value, record.revision]);
          const holder = await engine.holder('key');
          assert.equal(
            holder?.token,
            current !== undefined && isCurrent(current.token) ? current.token : undefined,
          );
        }
      } finally {
        await subject.teardown();
      }
    }),
    { numRuns: 25 },
  );
}
