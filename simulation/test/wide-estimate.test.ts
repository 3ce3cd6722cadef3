import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { commitHash, makeBlock, transactionRoot, evidenceRoot } from '#services/block';
import { compactProposal, encodeMessage } from '#services/consensus';
import { estimateDesigns, PROPOSAL_BYTES, VOTE_BYTES } from '../wide/estimate/designs.ts';
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
  it('take messages to be as long as their encodings', () => {
    const hash = new Uint8Array(32).fill(1);
    const signature = new Uint8Array(64).fill(2);
    const body = { kind: 'prevote', height: 1, round: 0, blockHash: hash } as const;
    const vote = encodeMessage({ kind: 'vote', vote: { body, validatorIndex: 0, signature } });
    assert.equal(vote.length, VOTE_BYTES);
    const signatures = Array.from({ length: 500 }, () => signature);
    const lastCommit = { height: 1, round: 0, blockHash: hash, signatures };
    const header = {
      version: 1,
      chainId: 'wide-1',
      height: 2,
      timeMs: 1,
      parentHash: hash,
      proposer: new Uint8Array(20),
      transactionRoot: transactionRoot([]),
      evidenceRoot: evidenceRoot([]),
      stateRoot: hash,
      receiptRoot: hash,
      commitHash: commitHash(lastCommit),
      validatorSetHash: hash,
      nextValidatorSetHash: hash,
    };
    const block = makeBlock(header, [], lastCommit, []);
    const at = { height: 2, round: 0, polRound: -1, blockHash: block.hash };
    const proposal = compactProposal(block, at, 0, signature);
    const { length } = encodeMessage({ kind: 'proposal', proposal });
    const commit = 500 * 64 + Math.ceil(500 / 8);
    assert.ok(Math.abs(length - PROPOSAL_BYTES - commit) < 16, `${length} bytes`);
  });

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
