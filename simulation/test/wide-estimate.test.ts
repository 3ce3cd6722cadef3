import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { estimateDesigns } from '../wide/estimate/designs.ts';
import { committeeFailure, committeeSize } from '../wide/estimate/hypergeometric.ts';
import { medianFinality } from '../wide/estimate/latency.ts';
import { WIDE_DEFAULTS } from '../wide/request.ts';
import { runWide } from '../wide/run-wide.ts';

/** Exact binomial coefficients. */
function choose(n: number, k: number): bigint {
  let result = 1n;
  for (let index = 1; index <= k; index++) result = (result * BigInt(n - k + index)) / BigInt(index);
  return result;
}

describe('the safety of committees', () => {
  it('is the exact tail of the hypergeometric distribution', () => {
    const small = fc.integer({ min: 3, max: 40 }).chain((population) =>
      fc.record({
        population: fc.constant(population),
        byzantine: fc.integer({ min: 0, max: population }),
        size: fc.integer({ min: 1, max: population }),
      }),
    );
    fc.assert(
      fc.property(small, ({ population, byzantine, size }) => {
        let bad = 0n;
        for (let drawn = 0; drawn <= Math.min(size, byzantine); drawn++) {
          if (drawn * 3 < size || size - drawn > population - byzantine) continue;
          bad += choose(byzantine, drawn) * choose(population - byzantine, size - drawn);
        }
        const exact = Number((bad * 10n ** 15n) / choose(population, size)) / 1e15;
        assert.ok(Math.abs(committeeFailure(population, byzantine, size) - exact) < 1e-9);
      }),
    );
  });

  it('grows with the committee, which is as large as asked for and no larger', () => {
    const size = committeeSize(10_000, 2_500, 1e-9);
    assert.ok(committeeFailure(10_000, 2_500, size) <= 1e-9);
    assert.ok(committeeFailure(10_000, 2_500, size - 30) > 1e-9);
    assert.equal(committeeSize(10_000, 3_400, 1e-9), 10_000);
  });
});

describe('the estimates', () => {
  it('agree with the simulation of today about the way that it can run', async () => {
    const run = await runWide({ ...WIDE_DEFAULTS, validators: 50, heights: 2 });
    const [today] = estimateDesigns({ validators: 50, megabits: 1_000, transactions: 200 });
    assert.ok(today !== undefined);
    const ratio = today.finalityMs / run.finalityMs.p50;
    assert.ok(ratio > 0.75 && ratio < 1.25, `estimated ${today.finalityMs}, simulated ${run.finalityMs.p50}`);
    assert.ok(Math.abs(today.cpuMs / run.cpuMs - 1) < 0.35, `${today.cpuMs} and ${run.cpuMs}`);
  });

  it('need three ways over the quorum of the regions at least', () => {
    assert.ok(medianFinality({ proposal: 0, prevotes: 0, precommits: 0 }) > 200);
    const later = medianFinality({ proposal: 10, prevotes: 20, precommits: 30 });
    assert.equal(Math.round(later - medianFinality({ proposal: 0, prevotes: 0, precommits: 0 })), 60);
  });

  it('see that 10,000 validators cannot go on as today, and that committees with aggregates can', () => {
    const designs = estimateDesigns({ validators: 10_000, megabits: 1_000, transactions: 200 });
    const [today] = designs;
    const last = designs.at(-1);
    assert.ok(today !== undefined && today.finalityMs > 10_000);
    assert.ok(last !== undefined && last.finalityMs < 3_000 && last.commitBytes < 1_000);
  });
});
