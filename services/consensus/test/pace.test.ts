import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Pace } from '../driver/pace.ts';
import { PACE_TRANSACTIONS_MIN, PACE_TRANSACTIONS_START } from '../limits.ts';

const ROUND_MS = 1_000;

describe('the pace of proposals', () => {
  it('doubles while full blocks pass with time to spare, up to the limit of the ledger', () => {
    const pace = new Pace();
    const seen = [pace.transactions(4_000)];
    for (let height = 0; height < 5; height++) {
      pace.observe({ round: 0, transactions: pace.transactions(4_000), processingMs: 100 }, ROUND_MS);
      seen.push(pace.transactions(4_000));
    }
    assert.deepEqual(seen, [500, 1_000, 2_000, 4_000, 4_000, 4_000]);
  });

  it('says nothing from blocks that were not full', () => {
    const pace = new Pace();
    pace.observe({ round: 0, transactions: 10, processingMs: 5 }, ROUND_MS);
    assert.equal(pace.transactions(10_000), PACE_TRANSACTIONS_START);
  });

  it('comes down to what fits after a block that took too long', () => {
    const pace = new Pace();
    pace.observe({ round: 0, transactions: 500, processingMs: 2_000 }, ROUND_MS);
    assert.equal(pace.transactions(10_000), 250);
  });

  it('halves after a failed round, and does not blame empty blocks', () => {
    const pace = new Pace();
    pace.observe({ round: 3, transactions: 400, processingMs: 100 }, ROUND_MS);
    assert.equal(pace.transactions(10_000), 200);
    pace.observe({ round: 3, transactions: 0, processingMs: 5_000 }, ROUND_MS);
    assert.equal(pace.transactions(10_000), 200);
  });

  it('lets a lone transaction have its block at once, and blocks wait for company under load', () => {
    const pace = new Pace();
    assert.equal(pace.pauseMs(), 0);
    for (const [transactions, pauseMs] of [
      [1, 3],
      [20, 60],
      [500, 150],
      [0, 0],
    ] as const) {
      pace.observe({ round: 0, transactions, processingMs: 50 }, ROUND_MS);
      assert.equal(pace.pauseMs(), pauseMs);
    }
  });

  it('stays within its bounds whatever happens', () => {
    const outcome = fc.record({
      round: fc.nat(5),
      transactions: fc.nat(20_000),
      processingMs: fc.nat(20_000),
    });
    fc.assert(
      fc.property(
        fc.array(outcome, { maxLength: 200 }),
        fc.integer({ min: 1, max: 20_000 }),
        (outcomes, max) => {
          const pace = new Pace();
          for (const seen of outcomes) {
            pace.observe(seen, ROUND_MS);
            const transactions = pace.transactions(max);
            assert.ok(transactions <= max && transactions >= Math.min(max, PACE_TRANSACTIONS_MIN));
          }
        },
      ),
    );
  });
});
