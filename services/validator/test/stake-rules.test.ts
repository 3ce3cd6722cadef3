import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { toHex } from '#kernel';
import {
  DELEGATIONS,
  POOLS,
  REDELEGATIONS,
  REPUTATIONS,
  SLASHES,
  UNBONDINGS,
  UNBONDING_POOLS,
  VALIDATORS,
} from '../domain/records/tables.ts';
import { sharesToTake, valueOf } from '../domain/stake.ts';
import { addressOf, bond, cancelUnbond, Economy, redelegate, register, unbond } from './support/economy.ts';
import { checkInvariants } from './support/invariants.ts';

const FOUNDERS = [
  { name: 'ada', stake: 40_000n },
  { name: 'ben', stake: 30_000n },
];
const REASON = { downtime: 0, 'duplicate-vote': 1 } as const;

/** An equivocation of a validator at a height of the past. */
async function equivocate(economy: Economy, name: string, height: number, power: number): Promise<void> {
  const validator = economy.committee.validators.find((one) => one.name === name)?.address as Uint8Array;
  const evidenceHash = new Uint8Array(32).fill(3);
  await economy.block({ offences: [{ validator, kind: 'duplicate-vote', height, power, evidenceHash }] });
}

test('what goes out takes no fewer shares than it is worth, and never more than there are (STAKE-2)', () => {
  const positive = fc.bigInt({ min: 1n, max: 2n ** 100n });
  fc.assert(
    fc.property(positive, positive, positive, positive, (stake, shares, part, wanted) => {
      const held = (part % shares) + 1n;
      const value = valueOf({ stake, shares }, held);
      if (value === 0n) return;
      const amount = (wanted % value) + 1n;
      const taken = sharesToTake({ stake, shares }, held, amount);
      assert(taken > 0n && taken <= held);
      // Nobody who stays loses by it.
      assert(taken === held || (stake - amount) * shares >= stake * (shares - taken));
    }),
  );
});

test('what a slash leaves of a unit goes to the community pool with the last shares (STAKE-3)', async () => {
  const economy = await Economy.start(
    [...FOUNDERS, { name: 'cyd', stake: 20_001n }],
    { eve: 10_003n },
    { unbondingPeriodMs: 1_000_000 },
  );
  await economy.do('eve', bond('cyd', 10_003n));
  await economy.pass(7);
  await equivocate(economy, 'cyd', 8, 30);
  const stake = economy.record(POOLS, addressOf('cyd'))?.stake as bigint;
  const shareOf = (name: string) =>
    economy.record(DELEGATIONS, addressOf('cyd'), addressOf(name))?.shares as bigint;
  const worth = (name: string) => (shareOf(name) * stake) / 30_004n;
  const [own, other] = [worth('cyd'), worth('eve')];
  assert.equal(own + other, stake - 1n);
  assert.equal(await economy.do('eve', unbond('cyd', other)), 'ok');
  const left = economy.record(POOLS, addressOf('cyd'));
  const rest = ((left?.selfShares as bigint) * (left?.stake as bigint)) / (left?.shares as bigint);
  assert.equal(await economy.do('cyd', unbond('cyd', rest)), 'ok');
  assert.equal(economy.record(POOLS, addressOf('cyd'))?.stake, 0n);
  checkInvariants(economy);
});

test('releases are paid when their time has come, whatever their order, and can be taken back until then (STAKE-6, STAKE-7)', async () => {
  const totals = [];
  for (const order of [
    [1_000n, 2_000n, 3_000n],
    [3_000n, 1_000n, 2_000n],
  ]) {
    const economy = await Economy.start(FOUNDERS, { eve: 6_000n });
    await economy.do('eve', bond('ada', 6_000n));
    for (const amount of order) await economy.do('eve', unbond('ada', amount));
    const { entries } = economy.record(UNBONDINGS, addressOf('ada'), addressOf('eve')) ?? { entries: [] };
    const [first, second] = entries;
    const elapsedMs = (first?.endMs ?? 0) - economy.timeMs;
    await economy.block({ elapsedMs: elapsedMs - 1 });
    assert.equal(economy.balanceOf('eve'), 0n);
    await economy.block({ elapsedMs: 1 });
    assert.equal(economy.balanceOf('eve'), order[0]);
    assert.equal(await economy.do('eve', cancelUnbond('ada', first?.endMs ?? 0, 1n)), 'stake.no-entry');
    assert.equal(second === undefined, false);
    await economy.pass(5);
    assert.equal(economy.balanceOf('eve'), 6_000n);
    assert.equal(economy.record(UNBONDINGS, addressOf('ada'), addressOf('eve')), undefined);
    checkInvariants(economy);
    totals.push(economy.totals());
  }
  assert.deepEqual(totals[0], totals[1]);
});

test('moved stake answers for the source: from what is bonded, then from what is leaving (SLASH-6)', async () => {
  const economy = await Economy.start(
    FOUNDERS,
    { eve: 10_000n, fay: 10_000n },
    { unbondingPeriodMs: 1_000_000 },
  );
  await economy.do('eve', bond('ada', 10_000n));
  await economy.do('fay', bond('ada', 10_000n));
  await economy.pass(7);
  const [height, power] = [economy.height, 60];
  assert.equal(economy.committee.validators[0]?.power, power);
  await economy.do('eve', redelegate('ada', 'ben', 10_000n));
  await economy.do('fay', redelegate('ada', 'ben', 10_000n));
  // Eve leaves all but a little where it went.
  await economy.do('eve', unbond('ben', 9_900n));
  const before = economy.totals();
  await equivocate(economy, 'ada', height, power);
  const record = economy.record(SLASHES, addressOf('ada'), economy.height, REASON['duplicate-vote']);
  assert.deepEqual([record?.bonded, record?.redelegated, record?.unbonding], [2_000n, 1_000n, 0n]);
  assert.equal(economy.totals().burnt - before.burnt, 3_000n);
  assert.equal(economy.totals().unbonding, before.unbonding - 400n);
  assert.equal(economy.record(DELEGATIONS, addressOf('ben'), addressOf('eve')), undefined);
  assert.equal(economy.record(DELEGATIONS, addressOf('ben'), addressOf('fay'))?.shares, 9_500n);
  assert.equal(
    economy.record(REDELEGATIONS, addressOf('ada'), addressOf('fay'), addressOf('ben'))?.entries[0]?.amount,
    9_500n,
  );
  checkInvariants(economy);
  // When their time is over nothing remembers them.
  await economy.block({ elapsedMs: 1_000_000 });
  assert.equal(economy.records(REDELEGATIONS).length, 0);
  checkInvariants(economy);
});

test('power that the bound on churn holds is answered for by the stake that left before (SLASH-7)', async () => {
  const founders = ['ada', 'ben', 'cid', 'dan'].map((name) => ({ name, stake: 1_000_000n }));
  const economy = await Economy.start(
    founders,
    { eve: 600_000n, fay: 500_000n },
    { maxChurnBasisPoints: 1_000, unbondingPeriodMs: 1_000_000 },
  );
  await economy.do('eve', bond('ada', 600_000n));
  await economy.do('fay', bond('ada', 500_000n));
  await economy.pass(10);
  // Eve was released in an epoch of its own, long before; what is behind the power left after it.
  await economy.do('eve', unbond('ada', 600_000n));
  await economy.pass(10);
  await economy.do('fay', redelegate('ada', 'ben', 500_000n));
  await economy.do('ada', unbond('ada', 1_000_000n));
  await economy.pass(10);
  const power = economy.committee.validators.find(({ name }) => name === 'ada')?.power as number;
  assert.ok(power > 300 && power < 1_500, `ada has the power ${power} without stake`);
  assert.equal(economy.record(POOLS, addressOf('ada'))?.stake, 0n);
  const before = economy.totals();
  await equivocate(economy, 'ada', economy.height, power);
  const record = economy.record(SLASHES, addressOf('ada'), economy.height, REASON['duplicate-vote']);
  const burnt = economy.totals().burnt - before.burnt;
  // The part of the power, to the last units: it is divided between the moved and the released.
  const due = (BigInt(power) * 1_000n * 500n) / 10_000n;
  assert.ok(burnt <= due && burnt >= due - 2n, `${burnt} of ${due} burnt`);
  assert.equal((record?.unbonding ?? 0n) + (record?.redelegated ?? 0n), burnt);
  assert.ok((record?.redelegated ?? 0n) > 0n);
  // Nobody loses more than the part of a slash, and who left in an epoch before that loses nothing.
  const eves = economy.record(UNBONDINGS, addressOf('ada'), addressOf('eve'))?.entries[0];
  const pool = economy.record(UNBONDING_POOLS, addressOf('ada'), eves?.epoch ?? 0);
  assert.deepEqual(pool, { tokens: 600_000n, shares: 600_000n });
  checkInvariants(economy);
});

test('who stayed does not pay for who left (SLASH-4)', async () => {
  const economy = await Economy.start(FOUNDERS, { eve: 50_000n }, { unbondingPeriodMs: 3_000 });
  await economy.do('eve', bond('ada', 50_000n));
  await economy.pass(7);
  const height = economy.height;
  await economy.do('eve', unbond('ada', 50_000n));
  await economy.pass(4);
  assert.equal(economy.balanceOf('eve'), 50_000n, 'gone for good');
  await equivocate(economy, 'ada', height, 90);
  assert.equal(economy.record(POOLS, addressOf('ada'))?.stake, 38_000n, 'five percent of what is there');
});

test('reputation decides who is in within its bound, and never with how much power (EPOCH-6)', async () => {
  const founders = [...FOUNDERS, { name: 'cyd', stake: 20_000n }];
  const start = (weight: number) =>
    Economy.start(founders, { dan: 19_000n }, { maxValidators: 3, reputationWeightBasisPoints: weight });
  for (const [weight, expected] of [
    [0, 'cyd'],
    [1_000, 'dan'],
  ] as const) {
    const economy = await start(weight);
    assert.equal(await economy.do('dan', register('dan', 19_000n)), 'ok');
    const key = REPUTATIONS.keyOf(addressOf('dan'));
    const value = { ...economy.record(REPUTATIONS, addressOf('dan')), score: 1_000_000 };
    economy.hot = new Map(economy.hot).set(toHex(key), { key, value });
    await economy.pass(6);
    const names = economy.validators.validators.map(({ name }) => name);
    assert.equal(names.includes(expected), true, `${weight}: ${names.join()}`);
    assert.equal(economy.record(VALIDATORS, addressOf(expected))?.status, 'active');
    assert.equal(economy.validators.validators.at(-1)?.power, expected === 'dan' ? 19 : 20);
  }
});

test('declarations of a genesis go through the same rules (VAL-9)', async () => {
  const twice = [...FOUNDERS, { name: 'ada', stake: 20_000n }];
  await assert.rejects(Economy.start(twice, {}), { code: 'validator.operator-taken' });
  await assert.rejects(Economy.start([{ name: 'ada', stake: 999n }], {}), {
    code: 'validator.self-stake-too-small',
  });
  await assert.rejects(Economy.start([], {}), { code: 'validator.empty-set' });
});
