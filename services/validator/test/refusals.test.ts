import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AMOUNT_MAX, toHex } from '#kernel';
import type { StakePayload } from '#services/transaction';
import { DELEGATIONS, POOLS, TOTALS, UNBONDINGS, UNBONDING_POOLS } from '../domain/records/tables.ts';
import { StakeView } from '../domain/stake-view.ts';
import { startUnbonding } from '../domain/unbonding.ts';
import {
  addressOf,
  bond,
  cancelUnbond,
  consensusKeyOf,
  Economy,
  identityOf,
  redelegate,
  register,
  unbond,
  withdraw,
  type BlockOptions,
} from './support/economy.ts';
import { checkInvariants } from './support/invariants.ts';

const FOUNDERS = [
  { name: 'ada', stake: 40_000n, commission: { rate: 1_000, maxRate: 2_000, maxDailyChange: 100 } },
  { name: 'ben', stake: 30_000n },
  { name: 'cyd', stake: 20_000n },
];
const start = (changes: Parameters<typeof Economy.start>[2] = {}): Promise<Economy> =>
  Economy.start(
    FOUNDERS,
    { eve: 100_000n, dan: 10_000n },
    { blockReward: 1_000n, epochBlocks: 1_000, ...changes },
  );

/** Everything but what a block does by itself. */
function without(
  economy: Economy,
  blockRecords: readonly string[] = ['1d', '1e', '13'],
): Map<string, string> {
  return new Map(
    [...economy.store]
      .filter(([key]) => !blockRecords.includes(key.slice(0, 2)))
      .map(([key, { value }]) => [key, toHex(value)]),
  );
}

/** The operation is refused with the code, and nothing of the state is other than it would be without it. */
async function refuses(
  economy: Economy,
  sender: string,
  payload: StakePayload,
  code: string,
  options: BlockOptions = {},
): Promise<void> {
  const before = without(economy);
  const balances = new Map(economy.balances);
  const result = await economy.block({ ...options, operations: [[sender, payload]] });
  assert.deepEqual(result.codes, [code]);
  assert.notEqual(result.errors[0]?.message, '');
  assert.deepEqual(without(economy), before, `${code} changes nothing`);
  assert.deepEqual(new Map([...economy.balances].filter(([, balance]) => balance > 0n)), balances);
  checkInvariants(economy);
}

const rotate = (name: string): StakePayload => ({
  type: 'validator.rotate-key',
  publicKey: consensusKeyOf(name),
  proof: new Uint8Array(64),
});
const edit = (changes: Omit<Extract<StakePayload, { type: 'validator.edit' }>, 'type'>): StakePayload => ({
  type: 'validator.edit',
  ...changes,
});

test('nobody stakes at a validator that there is none of', async () => {
  const economy = await start();
  const code = 'validator.unknown-validator';
  await refuses(economy, 'eve', bond('nobody', 5n), code);
  await refuses(economy, 'eve', unbond('nobody', 5n), code);
  await refuses(economy, 'eve', cancelUnbond('nobody', 5, 5n), code);
  await refuses(economy, 'eve', redelegate('nobody', 'ada', 5n), code);
  await refuses(economy, 'ada', redelegate('ada', 'nobody', 5n), code);
  await refuses(economy, 'eve', withdraw('nobody'), code);
});

test('only the operator changes a validator (VAL-5 to VAL-8)', async () => {
  const economy = await start();
  const code = 'validator.not-operator';
  await refuses(economy, 'eve', edit({ commissionRate: 5 }), code);
  await refuses(economy, 'eve', { type: 'validator.unjail' }, code);
  await refuses(economy, 'eve', { type: 'validator.exit' }, code);
  await refuses(economy, 'eve', rotate('new'), code);
});

test('a registration is refused for what it lacks (VAL-1 to VAL-4)', async () => {
  const economy = await start();
  await refuses(
    economy,
    'ada',
    register('ada', 5_000n, { publicKey: consensusKeyOf('new') }),
    'validator.operator-taken',
  );
  await refuses(
    economy,
    'dan',
    register('dan', 5_000n, { publicKey: consensusKeyOf('ada') }),
    'validator.key-used',
  );
  await refuses(
    economy,
    'dan',
    register('dan', 5_000n, { publicKey: new Uint8Array(32) }),
    'validator.weak-key',
  );
  await refuses(economy, 'dan', register('dan', 999n), 'validator.self-stake-too-small');
  await refuses(
    economy,
    'dan',
    register('dan', 5_000n, { minSelfStake: 999n }),
    'validator.self-stake-too-small',
  );
  await refuses(
    economy,
    'dan',
    register('dan', 5_000n, { minSelfStake: 5_001n }),
    'validator.self-stake-too-small',
  );
  await refuses(economy, 'dan', register('dan', 10_001n), 'stake.insufficient-balance');
  await refuses(economy, 'dan', register('dan', AMOUNT_MAX), 'stake.insufficient-balance');
  for (const name of ['', '  ', 'a\u0000b', 'a\u202eb', '\ud800', 'x'.repeat(129)]) {
    const identity = identityOf(name);
    await refuses(economy, 'dan', register('dan', 5_000n, { identity }), 'validator.malformed-identity');
  }
  const identity = { ...identityOf('dan'), website: 'w'.repeat(513) };
  await refuses(economy, 'dan', register('dan', 5_000n, { identity }), 'validator.malformed-identity');
  for (const [rate, maxRate, maxDailyChange] of [
    [3, 2, 1],
    [1, 10_001, 1],
    [1, 2, 10_001],
    [-1, 2, 1],
    [0.5, 2, 1],
  ] as const) {
    const commission = { rate, maxRate, maxDailyChange };
    await refuses(economy, 'dan', register('dan', 5_000n, { commission }), 'validator.commission-range');
  }
  const totals = economy.totals();
  const full = { ...totals, validators: 10_000 };
  economy.hot = new Map(economy.hot).set(toHex(TOTALS.keyOf()), { key: TOTALS.keyOf(), value: full });
  const { codes } = await economy.block({ operations: [['dan', register('dan', 5_000n)]] });
  assert.deepEqual(codes, ['validator.too-many-validators']);
});

test('commission moves by its daily bound once a day, and never beyond its largest (VAL-5)', async () => {
  const economy = await start();
  await refuses(economy, 'ada', edit({}), 'validator.no-change');
  await refuses(economy, 'ada', edit({ commissionRate: 2_001 }), 'validator.commission-range');
  await refuses(economy, 'ada', edit({ commissionRate: 1_101 }), 'validator.commission-jump');
  await refuses(economy, 'ada', edit({ commissionRate: 899 }), 'validator.commission-jump');
  assert.equal(await economy.do('ada', edit({ commissionRate: 1_100 })), 'ok');
  await refuses(economy, 'ada', edit({ commissionRate: 1_200 }), 'validator.commission-too-soon', {
    elapsedMs: 86_399_999,
  });
  assert.equal(await economy.do('ada', edit({ commissionRate: 1_200 })), 'ok');
  await refuses(economy, 'ada', edit({ identity: identityOf('') }), 'validator.malformed-identity');
  await refuses(economy, 'ada', edit({ minSelfStake: 999n }), 'validator.self-stake-lowered');
  await refuses(economy, 'ada', edit({ minSelfStake: 40_001n }), 'validator.self-stake-too-small');
  assert.equal(await economy.do('ada', edit({ minSelfStake: 40_000n })), 'ok');
});

test('stake comes and goes within what there is (STAKE-1, STAKE-4)', async () => {
  const economy = await start({ minDelegation: 100n });
  await refuses(economy, 'eve', bond('ada', 100_001n), 'stake.insufficient-balance');
  await refuses(economy, 'eve', bond('ada', 99n), 'stake.dust');
  await refuses(economy, 'eve', bond('ada', 0n), 'stake.dust');
  await refuses(economy, 'eve', unbond('ada', 1n), 'stake.no-delegation');
  await refuses(economy, 'eve', withdraw('ada'), 'stake.no-delegation');
  assert.equal(await economy.do('eve', bond('ada', 1_000n)), 'ok');
  await refuses(economy, 'eve', unbond('ada', 1_001n), 'stake.more-than-bonded');
  await refuses(economy, 'eve', unbond('ada', AMOUNT_MAX), 'stake.more-than-bonded');
  await refuses(economy, 'eve', unbond('ada', 0n), 'stake.dust');
  await refuses(economy, 'eve', unbond('ada', 901n), 'stake.dust');
  assert.equal(await economy.do('eve', unbond('ada', 900n)), 'ok');
  const endMs = economy.timeMs + economy.parameters.unbondingPeriodMs;
  await refuses(economy, 'eve', cancelUnbond('ada', endMs + 1, 100n), 'stake.no-entry');
  await refuses(economy, 'eve', cancelUnbond('ada', endMs, 901n), 'stake.more-than-unbonding');
  await refuses(economy, 'eve', cancelUnbond('ada', endMs, 99n), 'stake.dust');
  assert.equal(await economy.do('eve', cancelUnbond('ada', endMs, 500n)), 'ok');
  assert.equal(economy.record(POOLS, addressOf('ada'))?.stake, 40_600n);
  checkInvariants(economy);
});

test('there is nothing to withdraw before there is (RWD-6)', async () => {
  const economy = await start({ blockReward: 0n });
  await refuses(economy, 'ada', withdraw('ada'), 'stake.no-rewards');
});

test('an account has seven releases from a validator at once, and seven moves between two (STAKE-5, STAKE-8)', async () => {
  const economy = await start();
  await economy.do('eve', bond('ada', 50_000n));
  for (let i = 0; i < 7; i++) assert.equal(await economy.do('eve', unbond('ada', 10n)), 'ok');
  await refuses(economy, 'eve', unbond('ada', 10n), 'stake.too-many-entries');
  for (let i = 0; i < 7; i++) assert.equal(await economy.do('eve', redelegate('ada', 'ben', 10n)), 'ok');
  await refuses(economy, 'eve', redelegate('ada', 'ben', 10n), 'stake.too-many-entries');
  assert.equal(await economy.do('eve', redelegate('ada', 'cyd', 10n)), 'ok');
  // Two in one block are one entry.
  await economy.pass(20);
  await economy.block({
    operations: [
      ['eve', unbond('ada', 10n)],
      ['eve', unbond('ada', 10n)],
    ],
  });
  assert.equal(economy.record(UNBONDINGS, addressOf('ada'), addressOf('eve'))?.entries.length, 1);
  checkInvariants(economy);
});

test('stake does not hop over the time in which it can be slashed (STAKE-8)', async () => {
  const economy = await start();
  await economy.do('eve', bond('ada', 50_000n));
  await refuses(economy, 'eve', redelegate('ada', 'ada', 10n), 'stake.same-validator');
  assert.equal(await economy.do('eve', redelegate('ada', 'ben', 10_000n)), 'ok');
  const movedMs = economy.timeMs;
  await refuses(economy, 'eve', redelegate('ben', 'cyd', 10n), 'stake.hop');
  await refuses(economy, 'eve', redelegate('ada', 'ben', 40_001n), 'stake.more-than-bonded');
  // Neither by leaving and coming back.
  assert.equal(await economy.do('eve', unbond('ben', 10_000n)), 'ok');
  const endMs = economy.timeMs + economy.parameters.unbondingPeriodMs;
  assert.equal(await economy.do('eve', cancelUnbond('ben', endMs, 10_000n)), 'ok');
  await refuses(economy, 'eve', redelegate('ben', 'cyd', 10n), 'stake.hop');
  const elapsedMs = movedMs + economy.parameters.unbondingPeriodMs - economy.timeMs;
  await economy.block({ elapsedMs });
  assert.equal(await economy.do('eve', redelegate('ben', 'cyd', 10n)), 'ok');
});

test('the moves out of a validator are bounded: a slash walks over all of them (STAKE-9)', async () => {
  const economy = await start();
  await economy.do('eve', bond('ada', 50_000n));
  const key = POOLS.keyOf(addressOf('ada'));
  const value = { ...economy.record(POOLS, addressOf('ada')), redelegationsOut: 2_000 };
  economy.hot = new Map(economy.hot).set(toHex(key), { key, value });
  const { codes } = await economy.block({ operations: [['eve', redelegate('ada', 'ben', 10n)]] });
  assert.deepEqual(codes, ['stake.too-many-redelegations']);
});

test('what cannot be counted is refused at the limits of the types (STAKE-1)', async () => {
  const whale = AMOUNT_MAX - 10n ** 30n;
  const economy = await Economy.start(FOUNDERS, { eve: whale });
  await refuses(economy, 'eve', bond('ada', whale), 'stake.power-overflow');
  await refuses(economy, 'eve', bond('ada', 1_000n * 2n ** 48n), 'stake.power-overflow');
  const wide = await Economy.start(
    FOUNDERS,
    { eve: whale },
    { powerReduction: 2n ** 100n, minSelfStake: 1n },
  ).catch((error: unknown) => error);
  assert.equal((wide as { code?: string }).code, 'validator.empty-set');
  // A pool that a slash left with little: shares are many times the stake.
  const key = POOLS.keyOf(addressOf('ada'));
  const pool = { ...economy.record(POOLS, addressOf('ada')), shares: AMOUNT_MAX - 5n, stake: 40_000n };
  economy.hot = new Map(economy.hot).set(toHex(key), { key, value: pool });
  const { codes } = await economy.block({ operations: [['eve', bond('ada', 1_000n)]] });
  assert.deepEqual(codes, ['stake.shares-overflow']);
});

test('the shares of what leaves stay within 128 bits, whatever slashes left of it (STAKE-5)', async () => {
  const economy = await start();
  const [operator, delegator] = [addressOf('ada'), addressOf('eve')];
  const key = UNBONDING_POOLS.keyOf(operator, 0);
  const balances = { balanceOf: () => 0n, setBalance: () => assert.fail('nothing is paid out') };
  const wide = fc
    .nat({ max: 128 })
    .chain((bits) => fc.bigInt({ min: 1n, max: (1n << BigInt(bits)) - 1n || 1n }));
  const seen = new Set<string>();
  const release = (tokens: bigint, shares: bigint, amount: bigint): void => {
    const records = new Map(economy.hot).set(toHex(key), { key, value: { tokens, shares } });
    const view = new StakeView(records, balances, () => true);
    const endMs = economy.timeMs + 1;
    const error = startUnbonding(view, { operator, delegator, amount, endMs, hopAfterMs: 0 });
    const more = (amount * shares) / tokens;
    const isTooMuch = shares + more > AMOUNT_MAX;
    const expected = more === 0n ? 'stake.dust' : isTooMuch ? 'stake.shares-overflow' : undefined;
    seen.add(expected ?? 'ok');
    assert.equal(error?.code, expected);
    if (error !== undefined) return;
    for (const change of view.changes()) {
      if (change.bytes === undefined || toHex(change.key) !== toHex(key)) continue;
      const stored = UNBONDING_POOLS.decode(change.bytes);
      assert.deepEqual(stored, { tokens: tokens + amount, shares: shares + more });
    }
  };
  const one = fc.property(wide, wide, wide, (tokens, shares, amount) => {
    fc.pre(tokens + amount <= AMOUNT_MAX);
    release(tokens, shares, amount);
  });
  fc.assert(one, { numRuns: 2_000 });
  release(1n, AMOUNT_MAX - 7n, 1n);
  release(AMOUNT_MAX / 2n, AMOUNT_MAX / 2n, AMOUNT_MAX / 2n + 1n);
  release(1n, 1n, 1n);
  assert.deepEqual([...seen].toSorted(), ['ok', 'stake.dust', 'stake.shares-overflow']);
});

test('the jailed wait, the tombstoned stay, those who leave are left alone (VAL-6 to VAL-8)', async () => {
  const economy = await start({ epochBlocks: 100 });
  await refuses(economy, 'ada', { type: 'validator.unjail' }, 'validator.not-jailed');
  await economy.pass(6, { absent: ['cyd'] });
  await refuses(economy, 'cyd', { type: 'validator.unjail' }, 'validator.jail-not-over');
  assert.equal(await economy.do('cyd', unbond('cyd', 19_500n)), 'ok');
  await economy.pass(4);
  await refuses(economy, 'cyd', { type: 'validator.unjail' }, 'validator.self-stake-too-small');
  assert.equal(await economy.do('cyd', bond('cyd', 0n)), 'stake.dust');
  const ben = economy.committee.validators.find(({ name }) => name === 'ben');
  assert(ben !== undefined);
  const offence = {
    validator: ben.address,
    kind: 'duplicate-vote' as const,
    height: economy.height,
    power: ben.power,
    evidenceHash: new Uint8Array(32),
  };
  await economy.block({ offences: [offence] });
  await refuses(economy, 'ben', { type: 'validator.unjail' }, 'validator.tombstoned');
  await refuses(economy, 'ben', rotate('ben 2'), 'validator.tombstoned');
  await refuses(economy, 'eve', bond('ben', 10n), 'validator.tombstoned');
  await refuses(economy, 'ada', redelegate('ada', 'ben', 10n), 'validator.tombstoned');
  assert.equal(await economy.do('ada', { type: 'validator.exit' }), 'ok');
  await refuses(economy, 'ada', { type: 'validator.exit' }, 'validator.exiting');
  await refuses(economy, 'ada', edit({ commissionRate: 5 }), 'validator.exiting');
  await refuses(economy, 'eve', bond('ada', 10n), 'validator.exiting');
  assert.equal(economy.record(DELEGATIONS, addressOf('ada'), addressOf('ada')), undefined);
});
