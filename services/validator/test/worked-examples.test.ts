import assert from 'node:assert/strict';
import { test } from 'node:test';
import { POOLS, SIGNING_WINDOWS, VALIDATORS } from '../domain/records/tables.ts';
import { markMissed, missesBorne } from '../domain/signing-window.ts';
import { addressOf, bond, Economy, PARAMETERS, unbond, withdraw } from './support/economy.ts';
import { checkInvariants } from './support/invariants.ts';

/**
 * Worked examples of the Cosmos SDK's documentation (x/distribution, x/slashing, x/staking; v0.50). Where the rules are
 * the same, so are the numbers. Where they differ is in docs/spec/validators.md.
 */

test('x/distribution: validator B has 20 % of the stake, and its delegator gets what the example says (RWD-1 to RWD-4)', async () => {
  // "Community Tax = 2 %, Bonded ATOM = 10 of which B has 2 ... commission 20 %, self-bond 1": a reward of 100.
  const economy = await Economy.start(
    [
      { name: 'others', stake: 8_000_000n },
      { name: 'b', stake: 1_000_000n, commission: { rate: 2_000, maxRate: 10_000, maxDailyChange: 1_000 } },
    ],
    { delegator: 1_000_000n },
    { communityBasisPoints: 200, blockReward: 0n },
  );
  assert.equal(await economy.do('delegator', bond('b', 1_000_000n)), 'ok');
  await economy.pass(8);
  await economy.block();
  const before = economy.totals();
  economy.fees += 100_000_000n;
  await economy.block();
  const { communityPool, rewards } = economy.totals();
  assert.equal(communityPool - before.communityPool, 2_000_000n);
  assert.equal(rewards - before.rewards, 98_000_000n);
  // B: 19.6; commission 3.92; the rest by halves of 7.84.
  assert.equal(await economy.do('delegator', withdraw('b')), 'ok');
  assert.equal(economy.balanceOf('delegator'), 7_840_000n);
  assert.equal(await economy.do('b', withdraw('b')), 'ok');
  assert.equal(economy.balanceOf('b'), 3_920_000n + 7_840_000n);
});

test('F1 paper, section 2: who joins in the middle gets nothing of what came before (RWD-5)', async () => {
  const economy = await Economy.start([{ name: 'v', stake: 8_192n }], { d: 8_192n }, { blockReward: 1_024n });
  await economy.block();
  await economy.pass(4);
  assert.equal(await economy.do('d', bond('v', 8_192n)), 'ok');
  // Five commits were counted by then, all of them the validator's alone; four more go by halves.
  await economy.pass(3);
  assert.equal(await economy.do('d', withdraw('v')), 'ok');
  assert.equal(economy.balanceOf('d'), 4n * 512n);
  assert.equal(await economy.do('v', withdraw('v')), 'ok');
  assert.equal(economy.balanceOf('v'), 5n * 1_024n + 5n * 512n);
  checkInvariants(economy);
});

test('x/slashing: more than window less minimum missed blocks jail, not one earlier (SLASH-1, SLASH-2)', async () => {
  // SignedBlocksWindow 100, MinSignedPerWindow 0.5: the 51st missed block is one too many.
  const parameters = { ...PARAMETERS, signedBlocksWindow: 100, minSignedBasisPoints: 5_000 };
  assert.equal(missesBorne(parameters), 50);
  assert.equal(missesBorne({ ...PARAMETERS, signedBlocksWindow: 10_000, minSignedBasisPoints: 500 }), 9_500);
  const economy = await Economy.start(
    [
      { name: 'up', stake: 5_000_000n },
      { name: 'down', stake: 1_000_000n },
    ],
    {},
    { ...parameters, epochBlocks: 1_000, downtimeSlashBasisPoints: 1, downtimeJailMs: 600_000 },
  );
  await economy.block();
  await economy.pass(50, { absent: ['down'] });
  assert.equal(economy.record(VALIDATORS, addressOf('down'))?.status, 'active');
  await economy.block({ absent: ['down'] });
  const record = economy.record(VALIDATORS, addressOf('down'));
  assert.equal(record?.status, 'jailed');
  assert.equal(record?.jailedUntilMs, economy.timeMs + 600_000);
  // 0.01 % of the power at the fault.
  assert.equal(economy.totals().burnt, 100n);
  assert.equal(economy.record(SIGNING_WINDOWS, addressOf('down')), undefined);
  checkInvariants(economy);
});

test('x/staking: 5 % of the stake at the fault; what left before the fault is spared, what left after is not (SLASH-4, SLASH-5)', async () => {
  const economy = await Economy.start(
    [
      { name: 'v', stake: 10_000_000n },
      { name: 'w', stake: 90_000_000n },
    ],
    { early: 1_000_000n, late: 1_000_000n },
    { unbondingPeriodMs: 100_000, epochBlocks: 5 },
  );
  await economy.do('early', bond('v', 1_000_000n));
  await economy.do('late', bond('v', 1_000_000n));
  await economy.pass(8);
  await economy.do('early', unbond('v', 1_000_000n));
  // Sets are decided at the end of blocks 6, 11, 16: the set that `early` is in no more is in force from 13 on.
  await economy.pass(4);
  assert.equal(economy.height, 15);
  const offenceHeight = economy.height;
  const power = economy.committee.validators.find(({ name }) => name === 'v')?.power as number;
  assert.equal(power, 11_000);
  await economy.do('late', unbond('v', 1_000_000n));
  const key = economy.committee.validators.find(({ name }) => name === 'v')?.address as Uint8Array;
  const evidenceHash = new Uint8Array(32).fill(9);
  await economy.block({
    offences: [{ validator: key, kind: 'duplicate-vote', height: offenceHeight, power, evidenceHash }],
  });
  assert.equal(economy.totals().burnt, 550_000n);
  assert.equal(economy.record(POOLS, addressOf('v'))?.stake, 9_500_000n);
  assert.equal(economy.record(VALIDATORS, addressOf('v'))?.status, 'tombstoned');
  checkInvariants(economy);
  await economy.block({ elapsedMs: 200_000 });
  assert.equal(economy.balanceOf('early'), 1_000_000n);
  assert.equal(economy.balanceOf('late'), 950_000n);
  checkInvariants(economy);
});

test('the ring forgets what fell out of the window', () => {
  let marked = markMissed(undefined, 100, 10);
  marked = markMissed(marked.window, 101, 10);
  assert.equal(marked.missed, 2);
  marked = markMissed(marked.window, 110, 10);
  assert.equal(marked.missed, 2, 'height 100 is out, 101 is in');
  marked = markMissed(marked.window, 500, 10);
  assert.equal(marked.missed, 1);
});
