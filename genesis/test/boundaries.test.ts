import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AMOUNT_MAX } from '#kernel';
import { CONSENSUS_MEMBERS, LEDGER_MEMBERS, type Range } from '../document/document.ts';
import { concentrationOf } from '../rules/check-concentration.ts';
import {
  errorsOf,
  findingsOf,
  GENESIS_TIME_MS,
  judge,
  makeDocument,
  signAnew,
  settleSupply,
} from './fixtures/documents.ts';

for (const [section, members] of [
  ['consensus', CONSENSUS_MEMBERS],
  ['ledger', LEDGER_MEMBERS],
] as const) {
  for (const [name, { min, max }] of Object.entries<Range>(members)) {
    test(`${section}.${name} is accepted from ${min} to ${max}, and nothing beyond`, async () => {
      const isInRange = async (value: bigint): Promise<boolean> => {
        const document = makeDocument();
        document[section][name] = value.toString();
        const found = (await judge(document)).findings.filter(({ path }) => path === `/${section}/${name}`);
        return !found.some(({ rule }) => rule === 'genesis.parameter-range' || rule === 'genesis.amount');
      };
      assert.ok(await isInRange(min));
      assert.ok(await isInRange(max));
      assert.ok(!(await isInRange(max + 1n)));
      if (min > 0n) assert.ok(!(await isInRange(min - 1n)));
    });
  }
}

test('the whole supply of 128 bits is accepted, in one account and as its sum', async () => {
  const whole = makeDocument();
  whole.accounts[0].balance = (AMOUNT_MAX - 405_000_000n).toString();
  const report = await judge(settleSupply(whole));
  assert.deepEqual(errorsOf(report), []);
  assert.equal(report.summary.totalSupply, AMOUNT_MAX.toString());
});

test('a stake may be the whole balance, the minimum, and one unit of power', async () => {
  const document = makeDocument([1_000_000n, 1_000_000n, 1_000_000n, 1_000_000n]);
  document.ledger.minSelfStake = '1000000';
  const report = await judge(document);
  assert.deepEqual(errorsOf(report), []);
  assert.notEqual(report.summary.stateRoot, null);
});

test('voting power up to 2^48 is accepted', async () => {
  const document = makeDocument([2n ** 46n, 2n ** 46n, 2n ** 46n, 2n ** 46n]);
  document.ledger.powerReduction = '1';
  assert.deepEqual(errorsOf(await judge(document)), []);
});

test('exactly a third can halt, exactly two thirds do not control', async () => {
  const third = await judge(makeDocument([2n, 1n, 1n, 1n, 1n].map((n) => n * 10n ** 9n)));
  assert.equal(findingsOf(third, 'genesis.can-halt').length, 1);
  const below = await judge(makeDocument([332n, 334n, 334n].map((n) => n * 10n ** 6n)));
  assert.equal(below.summary.haltingCoalition, 1);
  const under = await judge(makeDocument([333n, 333n, 333n, 1n].map((n) => n * 10n ** 6n)));
  assert.equal(under.summary.haltingCoalition, 2);
  const two = await judge(makeDocument([4n, 1n, 1n].map((n) => n * 10n ** 9n)));
  assert.deepEqual(errorsOf(two), []);
  assert.equal(findingsOf(two, 'genesis.can-halt').length, 1);
});

test('a chain may begin up to a year from now, and any time ago', async () => {
  const year = 365 * 86_400_000;
  for (const [timeMs, isFar] of [
    [GENESIS_TIME_MS + year, false],
    [GENESIS_TIME_MS + year + 1, true],
    [1, false],
  ] as const) {
    const document = makeDocument();
    document.genesisTime = new Date(timeMs).toISOString();
    const report = await judge(document);
    assert.deepEqual(errorsOf(report), []);
    assert.equal(findingsOf(report, 'genesis.time-far').length > 0, isFar);
  }
});

test('chain ids and texts are accepted up to their lengths', async () => {
  const document = makeDocument();
  document.accounts[0].label = 'é'.repeat(64);
  document.validators[0].identity.name = 'n'.repeat(128);
  document.validators[0].identity.description = 'd'.repeat(512);
  document.validators[0].peer = 'p'.repeat(512);
  document.ledger.denomination = { symbol: 's'.repeat(16), decimals: 30 };
  document.initialHeight = (2n ** 48n - 1n).toString();
  assert.deepEqual(errorsOf(await judge(signAnew(document))), []);
  for (const chainId of ['abc', '0-0', 'a'.repeat(50)]) {
    const report = await judge({ ...makeDocument(), chainId });
    // Proofs of possession and declarations name the chain id.
    assert.deepEqual([...new Set(errorsOf(report))], ['genesis.possession', 'genesis.declaration-signature']);
  }
});

test('coalitions are the smallest there are', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt({ min: 0n, max: 20n }), { minLength: 1, maxLength: 8 }), (powers) => {
      const total = powers.reduce((sum, power) => sum + power, 0n);
      fc.pre(total > 0n);
      /** Every subset is tried: the sizes that suffice. */
      const smallest = (isEnough: (sum: bigint) => boolean): number => {
        let best = powers.length;
        for (let chosen = 1; chosen < 2 ** powers.length; chosen++) {
          const members = powers.filter((_, i) => (chosen >> i) % 2 === 1);
          if (isEnough(members.reduce((sum, power) => sum + power, 0n)))
            best = Math.min(best, members.length);
        }
        return best;
      };
      const { haltingCoalition, controllingCoalition, largestPowerShare } = concentrationOf(powers);
      // The others together are no quorum any more.
      assert.equal(
        haltingCoalition,
        smallest((sum) => (total - sum) * 3n <= total * 2n),
      );
      assert.equal(
        controllingCoalition,
        smallest((sum) => sum * 3n > total * 2n),
      );
      const largest = powers.reduce((most, power) => (power > most ? power : most));
      assert.ok(Math.abs(largestPowerShare - Number(largest) / Number(total)) < 1e-6);
    }),
    { numRuns: 200 },
  );
});
