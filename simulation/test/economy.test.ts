import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nextSet, type Standing } from '../oracles/next-set.ts';
import { ReleaseModel } from '../oracles/release-model.ts';
import { profileOf } from '../profiles.ts';
import { runSeed } from '../run/run-seed.ts';

function standing(operator: string, power: number, deserved: number): Standing {
  return { operator, power, deserved, stake: BigInt(deserved), state: 'free' };
}

describe('the economy of simulated networks', () => {
  it('rotates sets, jails, slashes and releases within 30 heights', async () => {
    const seen = new Map<string, number>();
    for (const [name, seed] of [
      ['crashes', 1],
      ['crashes', 2],
      ['byzantine', 3],
    ] as const) {
      const profile = profileOf(name);
      assert.ok(profile !== undefined);
      const { validators } = profile;
      const { economy, finding } = await runSeed({ profile, validators, heights: 30, seed });
      assert.equal(finding, undefined);
      for (const [type, count] of Object.entries(economy)) seen.set(type, (seen.get(type) ?? 0) + count);
    }
    for (const type of [
      'validator-set.rotated',
      'validator.activated',
      'validator.deactivated',
      'validator.jailed',
      'validator.slashed',
      'stake.released',
    ]) {
      assert.ok((seen.get(type) ?? 0) > 0, `there is no ${type}`);
    }
  });
});

describe('the model of elections', () => {
  it('takes the most stake, ties by operator', () => {
    const powers = nextSet([standing('c', 0, 5), standing('b', 0, 5), standing('a', 5, 5)], 2, 10_000);
    assert.deepEqual(
      powers,
      new Map([
        ['a', 5],
        ['b', 5],
      ]),
    );
  });

  it('lets no more than the bound go and come, the jailed first', () => {
    const jailed = { ...standing('a', 40, 0), stake: 100n, state: 'jailed' } as const;
    const powers = nextSet([jailed, standing('b', 30, 0), standing('c', 30, 90)], 10, 2_500);
    assert.deepEqual(
      powers,
      new Map([
        ['b', 30],
        ['c', 55],
        ['a', 15],
      ]),
    );
  });

  it('keeps the set in force where there would be none', () => {
    assert.deepEqual(nextSet([standing('a', 1, 0)], 10, 2_500), new Map([['a', 1]]));
  });
});

describe('the model of releases', () => {
  it('wants each paid once, in full, and in time', () => {
    const model = new ReleaseModel(100);
    model.begin('v', 'a', 0, 1_000, 50n);
    assert.equal(model.overdue(1_099), undefined);
    assert.match(model.overdue(1_100) ?? '', /was due 50/);
    assert.match(model.end('v', 'a', 1_099, 50n).wrong ?? '', /not due/);
    assert.deepEqual(model.end('v', 'a', 1_100, 50n), { left: 0n });
    assert.match(model.end('v', 'a', 1_100, 50n).wrong ?? '', /not due/);
    model.begin('v', 'a', 1, 2_000, 50n);
    assert.match(model.end('v', 'a', 2_100, 49n).wrong ?? '', /not 50/);
  });

  it('gives what a slashed pool has left over to nobody, and cuts what left since alone', () => {
    const model = new ReleaseModel(100);
    model.begin('v', 'a', 0, 1_000, 100n);
    model.begin('v', 'a', 2, 2_000, 100n);
    assert.equal(
      model.slash('v', { since: 1, missing: 100n }, (tokens) => tokens / 10n),
      10n,
    );
    assert.equal(model.total, 190n);
    assert.deepEqual(model.end('v', 'a', 1_100, 100n), { left: 0n });
    assert.deepEqual(model.end('v', 'a', 2_100, 89n), { left: 1n });
    assert.equal(model.total, 0n);
  });

  it('cuts of what left before as much as the power lacks', () => {
    const model = new ReleaseModel(100);
    for (const [epoch, timeMs] of [1_000, 2_000, 3_000].entries()) model.begin('v', 'a', epoch, timeMs, 100n);
    const cut: bigint[] = [];
    model.slash('v', { since: 2, missing: 130n }, (tokens) => {
      cut.push(tokens);
      return 0n;
    });
    assert.deepEqual(cut, [0n, 30n, 100n]);
  });
});
