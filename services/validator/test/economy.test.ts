import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DELEGATIONS, POOLS, SEATS, VALIDATORS } from '../domain/records/tables.ts';
import { addressOf, bond, Economy, redelegate, register, unbond, withdraw } from './support/economy.ts';
import { checkInvariants } from './support/invariants.ts';

const FOUNDERS = [
  { name: 'ada', stake: 40_000n },
  { name: 'ben', stake: 30_000n },
  { name: 'cyd', stake: 20_000n },
];

test('stake that is bonded counts in the set after the next decision and its delay', async () => {
  const economy = await Economy.start(FOUNDERS, { eve: 100_000n });
  assert.equal(await economy.do('eve', bond('cyd', 50_000n)), 'ok');
  checkInvariants(economy);
  // Epochs of five blocks: the set is decided at the end of block 6, and in force from 8 on.
  await economy.pass(5);
  assert.equal(economy.height, 6);
  assert.deepEqual(
    economy.validators.validators.map(({ name, power }) => [name, power]),
    [
      ['ada', 40],
      ['ben', 30],
      ['cyd', 20],
    ],
  );
  await economy.block();
  assert.deepEqual(
    economy.validators.validators.map(({ name, power }) => [name, power]),
    [
      ['cyd', 70],
      ['ada', 40],
      ['ben', 30],
    ],
  );
  checkInvariants(economy);
});

test('a block reward is shared by power, and whoever asks often gets what one gets who asks once (RWD-5)', async () => {
  const economy = await Economy.start(FOUNDERS, { eve: 100_000n }, { blockReward: 901n });
  await economy.block();
  for (let i = 0; i < 31; i++) assert.equal(await economy.do('ada', withdraw('ada')), 'ok');
  await economy.do('ben', withdraw('ben'));
  // 31 and 32 commits; what is left of a unit stays in the pool.
  assert.equal(economy.balanceOf('ada'), (31n * 901n * 40n) / 90n);
  assert.equal(economy.balanceOf('ben'), (32n * 901n * 30n) / 90n);
  checkInvariants(economy);
});

test('registering, leaving and moving run through', async () => {
  const economy = await Economy.start(FOUNDERS, { eve: 100_000n, dan: 10_000n }, { blockReward: 77n });
  assert.equal(await economy.do('dan', register('dan', 5_000n)), 'ok');
  assert.equal(await economy.do('eve', bond('dan', 60_000n)), 'ok');
  await economy.pass(10);
  assert.equal(economy.record(VALIDATORS, addressOf('dan'))?.status, 'active');
  assert.equal(economy.record(SEATS, addressOf('dan'))?.current.power, 65);
  assert.equal(await economy.do('eve', redelegate('dan', 'ada', 10_000n)), 'ok');
  assert.equal(await economy.do('eve', unbond('dan', 50_000n)), 'ok');
  checkInvariants(economy);
  await economy.pass(30);
  checkInvariants(economy);
  assert.equal(economy.record(DELEGATIONS, addressOf('dan'), addressOf('eve')), undefined);
  assert.equal(economy.record(POOLS, addressOf('ada'))?.stake, 50_000n);
  assert(economy.balanceOf('eve') >= 90_000n);
});
