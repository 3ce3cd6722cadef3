import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Reputation } from '../domain/records/records.ts';
import {
  FAULT_BURDEN,
  NEW_REPUTATION,
  PPM,
  nextReputation,
  scoreOf,
  withFault,
  type EpochFacts,
} from '../domain/reputation.ts';

const PERFECT: EpochFacts = {
  votes: 1_000,
  missed: 0,
  proposed: 10,
  proposalsMissed: 0,
  isTombstoned: false,
};
const after = (epochs: number, facts: EpochFacts, from: Reputation = NEW_REPUTATION): Reputation => {
  let reputation = from;
  for (let i = 0; i < epochs; i++) reputation = nextReputation(reputation, facts);
  return reputation;
};

test('a faultless newcomer gains two points an epoch, and is near 100 after 256 (REP-1, REP-5)', () => {
  assert.equal(after(1, PERFECT).score, 20_000);
  assert.equal(after(10, PERFECT).score, 200_000);
  const old = after(300, PERFECT);
  assert(old.score > 990_000 && old.score <= PPM, String(old.score));
});

test('missing a twentieth of the signatures for good costs an eighth of the score (REP-2)', () => {
  const good = after(500, PERFECT).score;
  const poor = after(500, { ...PERFECT, missed: 50 }).score;
  assert(Math.abs(good - poor - 125_000) < 2_000, `${good} ${poor}`);
});

test('missed proposals count, and having none due does not (REP-3)', () => {
  const none = after(500, { ...PERFECT, proposed: 0 }).proposals;
  assert.equal(none, NEW_REPUTATION.proposals);
  assert(after(500, { ...PERFECT, proposalsMissed: 10 }).score < after(500, PERFECT).score - 100_000);
});

test('a fault takes at once what time alone gives back (REP-4)', () => {
  const old = after(400, PERFECT);
  const fallen = withFault(old, FAULT_BURDEN.downtime);
  assert(scoreOf(fallen) < old.score - 250_000);
  assert.equal(nextReputation(fallen, PERFECT).score, old.score - 100_000, 'ten points an epoch at most');
  const healed = after(64, PERFECT, fallen);
  assert(healed.score < old.score - 50_000 && healed.score > old.score - 250_000);
});

test('who is away neither heals nor keeps its score, who is tombstoned falls to nothing (REP-5)', () => {
  const old = withFault(after(400, PERFECT), FAULT_BURDEN.downtime);
  const away = after(5, { ...PERFECT, votes: 0, proposed: 0 }, old);
  assert.equal(away.score, old.score - 50_000);
  assert.equal(away.faults, old.faults);
  assert.equal(away.cleanEpochs, 0);
  assert.equal(after(10, { ...PERFECT, isTombstoned: true }, old).score, 0);
});

test('a score stays within 0 and 100, and moves within its bounds, whatever happens (REP-5)', () => {
  const facts = fc
    .record({
      votes: fc.nat({ max: 10_000_000 }),
      missed: fc.nat(),
      proposed: fc.nat({ max: 999 }),
      proposalsMissed: fc.nat({ max: 999 }),
      isTombstoned: fc.boolean(),
      faults: fc.nat({ max: 3 }),
    })
    .map((value) =>
      Object.assign(value, { missed: value.votes === 0 ? 0 : value.missed % (value.votes + 1) }),
    );
  fc.assert(
    fc.property(fc.array(facts, { maxLength: 50 }), (epochs) => {
      let reputation: Reputation = NEW_REPUTATION;
      for (const { faults, ...epoch } of epochs) {
        for (let i = 0; i < faults; i++) reputation = withFault(reputation, FAULT_BURDEN.downtime);
        const next = nextReputation(reputation, epoch);
        assert(Number.isSafeInteger(next.score) && next.score >= 0 && next.score <= PPM);
        assert(next.score <= reputation.score + 20_000 && next.score >= reputation.score - 100_000);
        for (const ratio of [...next.signing, next.proposals, next.faults])
          assert(ratio >= 0 && ratio <= PPM);
        reputation = next;
      }
    }),
  );
});
