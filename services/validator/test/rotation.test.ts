import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressOfKey, toHex } from '#kernel';
import { decisionsToLeave, selectValidators, type Candidate } from '../domain/epoch/select-validators.ts';
import {
  CONSENSUS_KEYS,
  PERFORMANCES,
  POOLS,
  REPUTATIONS,
  SEATS,
  VALIDATORS,
} from '../domain/records/tables.ts';
import { rotationFor, initialRotation } from '../domain/proposer-rotation.ts';
import { addressOf, bond, consensusKeyOf, Economy, register, unbond, withdraw } from './support/economy.ts';
import { checkInvariants } from './support/invariants.ts';

const candidate = (operator: number, current: number, deserved: number, leaving = 2): Candidate => ({
  operator: new Uint8Array(20).fill(operator),
  current,
  deserved,
  rank: BigInt(deserved),
  leaving,
});
const powersOf = (powers: ReadonlyMap<string, number>) =>
  Object.fromEntries(
    [...powers].map(([operator, power]) => [Number.parseInt(operator.slice(0, 2), 16), power]),
  );

test('the largest are chosen, ties by operator (EPOCH-2)', () => {
  const candidates = [candidate(3, 0, 5), candidate(1, 0, 7), candidate(2, 0, 5), candidate(4, 0, 0)];
  const bounds = { maxValidators: 2, maxChurnBasisPoints: 10_000 };
  assert.deepEqual(powersOf(selectValidators(candidates, bounds)), { 1: 7, 2: 5 });
});

test('a set of nobody is none: the one in force stays (EPOCH-2)', () => {
  const candidates = [candidate(1, 7, 0, 0), candidate(2, 5, 0, 1)];
  const bounds = { maxValidators: 2, maxChurnBasisPoints: 10_000 };
  assert.deepEqual(powersOf(selectValidators(candidates, bounds)), { 1: 7, 2: 5 });
});

test('the tombstoned leave first, then the jailed, as far as the bound goes (EPOCH-3)', () => {
  const candidates = [candidate(1, 50, 10), candidate(2, 30, 0, 1), candidate(3, 20, 0, 0)];
  const bounds = { maxValidators: 5, maxChurnBasisPoints: 2_500 };
  assert.deepEqual(powersOf(selectValidators(candidates, bounds)), { 1: 50, 2: 25 });
});

test('no more power leaves or comes than the bound, no more validators than the most (EPOCH-3)', () => {
  const one = fc.record({
    current: fc.oneof(fc.constant(0), fc.nat({ max: 1_000 })),
    deserved: fc.oneof(fc.constant(0), fc.nat({ max: 1_000_000 })),
    leaving: fc.constantFrom(0, 1, 2),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 20 }), fc.integer({ min: 1, max: 9_999 }), (all, basisPoints) => {
      const candidates = all.map(({ current, deserved, leaving }, i) =>
        candidate(i, current, deserved, leaving),
      );
      const inForce = candidates.filter(({ current }) => current > 0).length;
      const maxValidators = Math.max(1, inForce);
      const powers = selectValidators(candidates, { maxValidators, maxChurnBasisPoints: basisPoints });
      const total = candidates.reduce((sum, { current }) => sum + current, 0);
      assert(powers.size <= maxValidators);
      if (total === 0) return;
      assert(powers.size > 0);
      const bound = Math.max(1, Math.floor((total * basisPoints) / 10_000));
      let [left, came] = [0, 0];
      for (const { operator, current, deserved } of candidates) {
        const power = powers.get(toHex(operator)) ?? 0;
        left += Math.max(0, current - power);
        came += Math.max(0, power - current);
        assert(power <= Math.max(current, deserved));
      }
      assert(left <= bound && came <= bound, `${left} left and ${came} came of ${total}, bound ${bound}`);
    }),
    { numRuns: 500 },
  );
});

test('two thirds of the power leave in as many decisions as said, and not in fewer (EPOCH-3)', () => {
  const total = 3 * 2 ** 40;
  for (const maxChurnBasisPoints of [1, 7, 100, 1_000, 2_500, 3_334, 5_000, 6_667, 9_999, 10_000]) {
    const decisions = decisionsToLeave(maxChurnBasisPoints);
    let power = (2 * total) / 3;
    // What rounding down holds back is a unit of power a decision.
    for (let decision = 1; decision <= decisions; decision++) {
      assert.ok(power > decisions, `all gone before decision ${decision} of ${decisions}`);
      const candidates = [candidate(1, total / 3, total / 3), candidate(2, power, 0)];
      const powers = selectValidators(candidates, { maxValidators: 2, maxChurnBasisPoints });
      power = powers.get(toHex(new Uint8Array(20).fill(2))) ?? 0;
    }
    assert.ok(power <= decisions, `${power} left after ${decisions} decisions`);
  }
});

test('a set comes into force after its delay, and pays by the powers of each height (EPOCH-1, EPOCH-4, RWD-7)', async () => {
  const economy = await Economy.start(
    [
      { name: 'ada', stake: 10_000n },
      { name: 'ben', stake: 10_000n },
    ],
    { eve: 20_000n },
    { blockReward: 6_000n, activationDelayBlocks: 2 },
  );
  await economy.do('eve', bond('ada', 20_000n));
  await economy.pass(5);
  assert.equal(economy.record(SEATS, addressOf('ada'))?.next.power, 30);
  await economy.pass(1);
  assert.equal(economy.validators.validators[0]?.power, 10, 'block 8 is still voted on by the old set');
  await economy.pass(1);
  assert.equal(economy.height, 8);
  assert.equal(economy.validators.validators[0]?.power, 30, 'the set of height 9');
  await economy.block();
  // Block 9 counts the commit of 8, by the old powers; block 10 that of 9 by the new.
  assert.equal(await economy.do('ben', withdraw('ben')), 'ok');
  assert.equal(economy.balanceOf('ben'), 8n * 3_000n + 1_500n);
  checkInvariants(economy);
});

test('a rotated key takes part from the next set on, and the old one stays answerable (VAL-7, SLASH-3)', async () => {
  const economy = await Economy.start(
    [
      { name: 'ada', stake: 10_000n },
      { name: 'ben', stake: 10_000n },
    ],
    {},
    { maxChurnBasisPoints: 1_000 },
  );
  const rotate = (name: string) => ({
    type: 'validator.rotate-key' as const,
    publicKey: consensusKeyOf(name),
    proof: new Uint8Array(64),
  });
  assert.equal(await economy.do('ada', rotate('ada 2')), 'ok');
  assert.equal(await economy.do('ada', rotate('ada 3')), 'validator.rotation-pending');
  assert.equal(await economy.do('ben', rotate('ada')), 'validator.key-used');
  await economy.pass(5);
  const keys = () => economy.validators.validators.map(({ publicKey }) => toHex(publicKey)).toSorted();
  assert.deepEqual(keys(), ['ada 2', 'ben'].map((name) => toHex(consensusKeyOf(name))).toSorted());
  assert.equal(await economy.do('ada', rotate('ada')), 'validator.key-used');
  const old = addressOfKey('ed25519', consensusKeyOf('ada'));
  assert.deepEqual(economy.record(CONSENSUS_KEYS, old)?.operator, addressOf('ada'));
  const evidenceHash = new Uint8Array(32).fill(1);
  const offence = { validator: old, kind: 'duplicate-proposal' as const, height: 3, power: 10, evidenceHash };
  const { events } = await economy.block({ offences: [offence, { ...offence, height: 4 }] });
  assert.deepEqual(
    events.map(({ type }) => type),
    ['validator.slashed', 'validator.jailed'],
  );
  assert.equal(economy.record(VALIDATORS, addressOf('ada'))?.status, 'tombstoned');
  assert.equal(economy.record(POOLS, addressOf('ada'))?.stake, 9_500n);
  await economy.pass(1);
  assert.equal(economy.totals().burnt, 500n, 'a validator is slashed for equivocation once');
  // The tombstoned leave the set by the bound of an epoch: a tenth of 20, then of 18.
  await economy.pass(6);
  assert.deepEqual(
    economy.validators.validators.map(({ name, power }) => [name, power]),
    [
      ['ben', 10],
      ['ada', 7],
    ],
  );
});

test('who leaves is forgotten when nothing is left, its keys are not (VAL-8)', async () => {
  const economy = await Economy.start(
    [{ name: 'ada', stake: 90_000n }],
    { dan: 9_000n, eve: 5_000n },
    { blockReward: 10n },
  );
  assert.equal(await economy.do('dan', register('dan', 5_000n)), 'ok');
  assert.equal(await economy.do('eve', bond('dan', 5_000n)), 'ok');
  await economy.pass(8);
  assert.equal(await economy.do('dan', { type: 'validator.exit' }), 'ok');
  await economy.pass(30);
  assert.equal(economy.balanceOf('dan') >= 9_000n, true, 'the own stake came back');
  assert.equal(economy.record(VALIDATORS, addressOf('dan'))?.status, 'inactive');
  assert.equal(await economy.do('eve', unbond('dan', 5_000n)), 'ok');
  await economy.pass(30);
  assert.equal(economy.record(VALIDATORS, addressOf('dan')), undefined);
  assert.equal(economy.record(POOLS, addressOf('dan')), undefined);
  assert.equal(economy.totals().validators, 1);
  checkInvariants(economy);
  assert.equal(await economy.do('dan', register('dan', 5_000n)), 'validator.key-used');
  assert.equal(
    await economy.do('dan', register('dan', 5_000n, { publicKey: consensusKeyOf('dan 2') })),
    'ok',
  );
});

test('an epoch leaves behind what each validator did in it (EPOCH-5, EPOCH-7)', async () => {
  const economy = await Economy.start(
    [
      { name: 'ada', stake: 20_000n },
      { name: 'ben', stake: 10_000n },
    ],
    {},
  );
  await economy.pass(2);
  await economy.block({ absent: ['ben'] });
  // The first proposer of the height before failed, the second made the block.
  await economy.block({ round: 1 });
  await economy.pass(2);
  const [ada, ben] = economy.committee.validators.map(({ operator }) => operator);
  assert.deepEqual(economy.record(PERFORMANCES, ada as Uint8Array, 0), {
    votes: 5,
    missed: 0,
    proposed: 4,
    proposalsMissed: 1,
    power: 20,
    score: 20_000,
  });
  const second = economy.record(PERFORMANCES, ben as Uint8Array, 0);
  assert.deepEqual([second?.votes, second?.missed, second?.proposed], [5, 1, 1]);
  assert.equal(economy.record(REPUTATIONS, ada as Uint8Array)?.tenureEpochs, 1);
  await economy.pass(5);
  const next = [ada, ben].map((operator) => economy.record(PERFORMANCES, operator as Uint8Array, 1));
  assert.deepEqual(
    next.map((one) => [one?.votes, one?.missed, one?.proposed, one?.proposalsMissed]),
    [
      [5, 0, 5, 0],
      [5, 0, 0, 0],
    ],
  );
});

test('a validator that leaves in the middle of an epoch is judged by the votes that were due', async () => {
  const economy = await Economy.start(
    [
      { name: 'ada', stake: 20_000n },
      { name: 'ben', stake: 10_000n },
    ],
    {},
  );
  await economy.do('ben', { type: 'validator.exit' });
  // Decided at the end of 6, out from 8 on: 6 and 7 are due in the second epoch.
  await economy.pass(10);
  assert.equal(economy.height, 11);
  assert.deepEqual(economy.record(PERFORMANCES, addressOf('ben'), 1)?.votes, 2);
  assert.equal(economy.record(SEATS, addressOf('ben')), undefined);
});

test('the rotation of proposers goes on with those who stay', async () => {
  const economy = await Economy.start([{ name: 'ada', stake: 20_000n }], { dan: 30_000n });
  const before = economy.validators;
  await economy.do('dan', register('dan', 20_000n));
  await economy.pass(6);
  const after = economy.validators;
  assert.equal(after.validators.length, 2);
  assert.equal(rotationFor(after, before, initialRotation(before)).priorities.length, 2);
});
