import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addressOfKey, CodedError, toHex } from '#kernel';
import { makeValidatorSet } from '#services/validator';
import { SORTS } from '../schemas/validators.ts';
import * as ranking from '../validators/ranking.ts';
import { validatorOfTest } from './fake-stake.ts';

type Sort = ranking.Sort;
const pageOfValidators = (
  validators: Parameters<typeof ranking.rankValidators>[0],
  sort: Sort,
  page: Parameters<typeof ranking.pageOfValidators>[2],
) => ranking.pageOfValidators(ranking.rankValidators(validators, sort), sort, page);

const operatorOf = (index: number) => new Uint8Array(20).fill(index);
const some = fc
  .array(
    fc.record({
      name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
      stake: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
      power: fc.integer({ min: 0, max: 3 }),
      score: fc.integer({ min: 0, max: 2 }),
    }),
    { maxLength: 12 },
  )
  .map((all) =>
    all.map((given, index) => validatorOfTest(operatorOf(index), { ...given, key: 100 - index })),
  );

describe('a list of validators', () => {
  it('gives each of them once and in the same order, whatever the size of its pages', () => {
    fc.assert(
      fc.property(some, fc.constantFrom(...SORTS), fc.integer({ min: 1, max: 5 }), (all, sort, limit) => {
        const whole = pageOfValidators(all, sort, { limit: 100 });
        assert.equal(whole.next, undefined);
        const paged: string[] = [];
        let cursor: string | undefined;
        for (let pages = 0; pages === 0 || cursor !== undefined; pages++) {
          assert.ok(pages <= all.length);
          const { items, next } = pageOfValidators(all.toReversed(), sort, { cursor, limit });
          paged.push(...items.map(({ operator }) => toHex(operator)));
          cursor = next;
        }
        assert.deepEqual(
          paged,
          whole.items.map(({ operator }) => toHex(operator)),
        );
        assert.equal(new Set(paged).size, all.length);
      }),
    );
  });

  it('ranks by what it was asked for, the largest first and names by their characters', () => {
    const all = [
      validatorOfTest(operatorOf(1), { name: 'b', key: 1, stake: 5n, power: 0, score: 3 }),
      validatorOfTest(operatorOf(2), { name: 'c', key: 2, stake: 10n ** 20n, power: 2, score: 1 }),
      validatorOfTest(operatorOf(3), { name: 'a', key: 3, stake: 7n, power: 9, score: 3 }),
    ];
    const order = (sort: Sort) =>
      pageOfValidators(all, sort, { limit: 9 })
        .items.map(({ operator }) => operator[0])
        .join('');
    assert.deepEqual(SORTS.map(order), ['321', '231', '132', '312']);
  });

  it('names of the longest kind make cursors that the query takes', () => {
    const name = 'é'.repeat(64);
    const all = [1, 2].map((index) => validatorOfTest(operatorOf(index), { name, key: index }));
    const { next = '' } = pageOfValidators(all, 'name', { limit: 1 });
    assert.ok(next.length > 0 && next.length <= 200);
    const { items } = pageOfValidators(all, 'name', { cursor: next, limit: 1 });
    assert.equal(items[0]?.operator[0], 2);
  });

  it('goes on behind one that is gone, and refuses what is no cursor of the list', () => {
    const all = [1, 2, 3].map((index) =>
      validatorOfTest(operatorOf(index), { name: `v${index}`, key: index, stake: BigInt(10 - index) }),
    );
    const { next } = pageOfValidators(all, 'stake', { limit: 2 });
    const { items } = pageOfValidators([all[0] ?? assert.fail(), all[2] ?? assert.fail()], 'stake', {
      cursor: next,
      limit: 2,
    });
    assert.deepEqual(
      items.map(({ operator }) => operator[0]),
      [3],
    );
    const named = pageOfValidators(all, 'name', { limit: 1 }).next ?? '';
    for (const cursor of ['1', '.', 'a.b', named, `${'A'.repeat(172)}.${'A'.repeat(27)}`]) {
      assert.throws(
        () => pageOfValidators(all, 'stake', { cursor, limit: 1 }),
        (error) => error instanceof CodedError && error.code === 'gateway.malformed-cursor',
        cursor,
      );
    }
  });

  it('is in the order of the set by power: ties stand by the address of the consensus key', () => {
    const all = [1, 2, 3, 4].map((key) =>
      validatorOfTest(operatorOf(key), { name: `v${key}`, key, power: 5 }),
    );
    const members = all.map(({ operator, record: { publicKey } }) => {
      return { address: addressOfKey('ed25519', publicKey), publicKey, power: 5, operator, name: '' };
    });
    const outside = validatorOfTest(operatorOf(9), { name: 'outside', key: 9 });
    const { items } = pageOfValidators([outside, ...all], 'power', { limit: 9 });
    assert.equal(items.pop(), outside);
    assert.deepEqual(
      items.map(({ operator }) => operator),
      makeValidatorSet(members).validators.map(({ operator }) => operator),
    );
  });
});
