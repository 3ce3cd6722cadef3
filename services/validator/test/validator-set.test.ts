import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addressOfKey, isCodedError, toHex } from '#kernel';
import {
  TOTAL_POWER_MAX,
  advanceRotation,
  initialRotation,
  makeValidatorSet,
  proposerAt,
  rotationFor,
  type Validator,
  type ValidatorSet,
} from '#services/validator';

function validator(seed: number, power: number): Validator {
  const publicKey = new Uint8Array(32);
  new DataView(publicKey.buffer).setUint32(0, seed);
  const address = addressOfKey('ed25519', publicKey);
  return { address, publicKey, power, operator: address, name: `v${seed}` };
}

const powers = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 });

function setOf(list: readonly number[]): ValidatorSet {
  return makeValidatorSet(list.map((power, seed) => validator(seed, power)));
}

describe('validator set', () => {
  it('has one order and hash for any order of the same validators', () => {
    fc.assert(
      fc.property(powers, fc.nat(), (list, rotate) => {
        const validators = list.map((power, seed) => validator(seed, power));
        const by = rotate % validators.length;
        const shuffled = [...validators.slice(by), ...validators.slice(0, by)];
        assert.deepEqual(makeValidatorSet(shuffled), makeValidatorSet(validators));
      }),
    );
  });

  it('keeps its frozen hash, and changes it with any power', () => {
    const hash = toHex(setOf([3, 2, 1]).hash);
    assert.equal(hash, FROZEN_HASH);
    assert.notEqual(toHex(setOf([3, 2, 2]).hash), hash);
  });

  it('refuses no validators, one twice, and powers outside the range', () => {
    const coded = (code: string) => (error: unknown) => isCodedError(error, code);
    assert.throws(() => makeValidatorSet([]), coded('validator.empty-set'));
    assert.throws(
      () => makeValidatorSet([validator(1, 1), validator(1, 2)]),
      coded('validator.duplicate-validator'),
    );
    for (const power of [0, -1, 1.5, Number.NaN, TOTAL_POWER_MAX + 1]) {
      assert.throws(() => makeValidatorSet([validator(1, power)]), coded('validator.invalid-power'));
    }
    const half = TOTAL_POWER_MAX / 2;
    assert.throws(
      () => makeValidatorSet([validator(1, half), validator(2, half), validator(3, 1)]),
      coded('validator.invalid-power'),
    );
  });
});

describe('proposer rotation', () => {
  it('gives each validator exactly its share of every totalPower turns', () => {
    fc.assert(
      fc.property(powers, (list) => {
        const set = setOf(list);
        const turns = new Map<string, number>();
        let rotation = initialRotation(set);
        for (let i = 0; i < set.totalPower; i++) {
          const { name } = proposerAt(set, rotation, 0);
          turns.set(name, (turns.get(name) ?? 0) + 1);
          rotation = advanceRotation(set, rotation);
        }
        for (const { name, power } of set.validators) assert.equal(turns.get(name) ?? 0, power);
      }),
    );
  });

  it('gives a later round to who would propose the later height', () => {
    const set = setOf([5, 3, 2]);
    const rotation = initialRotation(set);
    const next = advanceRotation(set, rotation);
    assert.equal(proposerAt(set, rotation, 1).name, proposerAt(set, next, 0).name);
    assert.deepEqual(rotation, initialRotation(set));
  });

  it('stays exact at the largest power', () => {
    const third = Math.floor(TOTAL_POWER_MAX / 3);
    const set = makeValidatorSet([validator(1, third), validator(2, third), validator(3, third)]);
    let rotation = initialRotation(set);
    const seen: string[] = [];
    for (let i = 0; i < 300; i++) {
      seen.push(proposerAt(set, rotation, 0).name);
      rotation = advanceRotation(set, rotation);
      assert.ok(rotation.priorities.every(Number.isSafeInteger));
    }
    for (const name of ['v1', 'v2', 'v3'])
      assert.equal(seen.filter((proposer) => proposer === name).length, 100);
  });

  it('lets a newcomer wait, and keeps the place of who stays', () => {
    const before = makeValidatorSet([validator(1, 10), validator(2, 10)]);
    const after = makeValidatorSet([validator(1, 10), validator(2, 10), validator(3, 10)]);
    const rotation = rotationFor(after, before, initialRotation(before));
    assert.notEqual(proposerAt(after, rotation, 0).name, 'v3');
    assert.notEqual(proposerAt(after, rotation, 1).name, 'v3');
  });
});

const FROZEN_HASH = '9e85b7b5d7e9650d6a3308477a3d5b41d6f8749b259bf00d5b6aa1e7c239e422';
