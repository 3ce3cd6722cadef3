import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { VirtualTime } from '../time/virtual-time.ts';
import { onTheWire, slowStartRoundTrips } from '../wide/costs.ts';
import { finalityCurve } from '../wide/curve.ts';
import { Link } from '../wide/link.ts';
import { MachineCpu } from '../wide/machine-cpu.ts';
import { oneWayMs, REGIONS, ROUND_TRIP_MS } from '../wide/regions.ts';
import { WIDE_DEFAULTS, type WideRequest } from '../wide/request.ts';
import { runWide } from '../wide/run-wide.ts';

const requestOf = (changes: Partial<WideRequest>): WideRequest => ({
  ...WIDE_DEFAULTS,
  validators: 4,
  heights: 2,
  ...changes,
});

describe('a wide network', () => {
  for (const validators of [4, 20]) {
    it(`gives the same report for the same request, with ${validators} validators`, async () => {
      const request = requestOf({ validators, hasSlowThird: true, awayPercent: 10 });
      const [first, second] = [await runWide(request), await runWide(request)];
      assert.deepEqual(second, first);
      const other = await runWide({ ...request, seed: 2 });
      assert.notEqual(other.hash, first.hash);
    });
  }

  it('makes heights final in one round, not before light could, and without an offence', async () => {
    const { finalityMs, rounds, offences } = await runWide(requestOf({ validators: 10, heights: 4 }));
    assert.equal(rounds.max, 1);
    assert.equal(offences, 0);
    // Three ways one after the other, none shorter than the shortest between two regions.
    assert.ok(finalityMs.p50 > 3 * oneWayMs(0, 1));
    assert.ok(finalityMs.p50 <= finalityMs.p95 && finalityMs.p95 <= finalityMs.p99);
    assert.ok(finalityMs.max < 1_000);
  });

  it('takes another round where the proposer is away, and no longer', async () => {
    // The proposers of equal power are in the order of the set, so that ten heights meet the two that are away.
    const { rounds, finalityMs } = await runWide(
      requestOf({ validators: 10, heights: 10, awayPercent: 20, seed: 1 }),
    );
    assert.ok(rounds.max >= 2 && rounds.max <= 3, `${rounds.max} rounds`);
    assert.ok(finalityMs.max > 2_000, 'the propose timeout passes');
    assert.ok(finalityMs.max < 8_000);
  });

  it('is slower over thin links, and sends as much', async () => {
    const request = requestOf({ validators: 20, transactions: 2_000 });
    const [thick, thin] = [await runWide(request), await runWide({ ...request, megabits: 20 })];
    assert.ok(thin.finalityMs.p50 > thick.finalityMs.p50 + 20);
    assert.ok(thin.bytesUp > thick.bytesUp * 0.5);
  });

  it('carries each vote to each validator once while nothing is late', async () => {
    const { pieces, relayed, bytesUp } = await runWide(requestOf({ validators: 100, heights: 1 }));
    assert.equal(relayed, 0);
    // Two votes of each other validator, and the proposal.
    assert.ok(pieces > 2 * 99 - 2 && pieces < 2 * 99 + 2, `${pieces} pieces`);
    assert.ok(bytesUp > 2 * 99 * onTheWire(100).bytes);
  });
});

describe('the thread of a machine', () => {
  it('does what comes while it is busy when it is free, in order', async () => {
    const time = new VirtualTime(1_000);
    const cpu = new MachineCpu(time, 2, 5);
    const done: [string, number][] = [];
    cpu.run(() => {
      cpu.charge(10);
      done.push(['first', cpu.monotonic()]);
    });
    time.after(4, () => cpu.run(() => done.push(['second', cpu.monotonic()])));
    cpu.after(6, () => done.push(['third', cpu.now()]));
    await time.run(100);
    assert.deepEqual(done, [
      ['first', 1_020],
      ['second', 1_020],
      ['third', 1_025],
    ]);
    assert.equal(cpu.busyMs, 20);
  });

  it('forgets what was cancelled, also while it waits for the thread', async () => {
    const time = new VirtualTime(0);
    const cpu = new MachineCpu(time, 1, 0);
    let ran = 0;
    cpu.run(() => cpu.charge(10));
    const timer = cpu.after(1, () => ran++);
    time.after(5, () => timer.cancel());
    await time.run(50);
    assert.equal(ran, 0);
  });
});

describe('links and the wire', () => {
  it('lets bytes wait for those before them', () => {
    const link = new Link(8);
    assert.equal(link.carry(1_000, 0), 1);
    assert.equal(link.carry(1_000, 0), 2);
    assert.equal(link.carry(1_000, 10), 11);
    assert.equal(link.bytes, 3_000);
  });

  it('waits for acknowledgements where a piece is larger than the initial window', () => {
    assert.equal(slowStartRoundTrips(1), 0);
    assert.equal(slowStartRoundTrips(10), 0);
    assert.equal(slowStartRoundTrips(11), 1);
    assert.equal(slowStartRoundTrips(30), 1);
    assert.equal(slowStartRoundTrips(31), 2);
  });

  it('counts headers for each segment', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (payload) => {
        const { segments, bytes } = onTheWire(payload);
        assert.ok(bytes > payload && bytes - payload <= 34 + 52 * segments);
        assert.ok(segments * 1_448 >= payload && (segments - 1) * 1_448 < payload + 34);
      }),
    );
  });

  it('has a way between any two of the five regions, about as long in both directions', () => {
    assert.equal(ROUND_TRIP_MS.length, REGIONS.length);
    for (const [from, row] of ROUND_TRIP_MS.entries()) {
      assert.equal(row.length, REGIONS.length);
      for (const [to, ms] of row.entries()) {
        assert.ok(ms > 0 && Math.abs(ms - 2 * oneWayMs(to, from)) <= 3);
      }
    }
  });
});

describe('the curve of finality', () => {
  it('is one SVG document with a point a size and quantile', async () => {
    const reports = [await runWide(requestOf({ heights: 1 })), await runWide(requestOf({ validators: 7 }))];
    const svg = finalityCurve(reports);
    assert.match(svg, /^<svg .*<\/svg>\n$/s);
    assert.equal(svg.match(/<circle/g)?.length, 6);
    assert.doesNotMatch(svg, /NaN|Infinity/);
    assert.equal(finalityCurve(reports.toReversed()), svg);
  });
});
