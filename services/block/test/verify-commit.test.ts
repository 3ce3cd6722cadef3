import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { referenceVerifier } from '#kernel';
import { isQuorum, verifyCommit, type Commit } from '../index.ts';
import { commitOf, filled, GENESIS_HASH, setOf } from './fixtures/samples.ts';

const set = setOf([10, 10, 10, 10]);
const blockHash = filled(32, 1);
const expected = { set, height: 5, blockHash, genesisHash: GENESIS_HASH, verifier: referenceVerifier };

function refusal(commit: Commit, changes: Partial<typeof expected> = {}): string {
  const result = verifyCommit(commit, { ...expected, ...changes });
  assert.ok(!result.ok, 'the commit must be refused');
  assert.equal(result.error.code, 'block.invalid-commit');
  return result.error.message;
}

test('a commit with more than two thirds of the power is valid', () => {
  assert.ok(verifyCommit(commitOf(set, { height: 5, blockHash }, [0, 2, 3]), expected).ok);
  assert.ok(verifyCommit(commitOf(set, { height: 5, round: 7, blockHash }, [0, 1, 2, 3]), expected).ok);
});

test('exactly two thirds are not enough', () => {
  const three = setOf([10, 10, 10]);
  assert.match(refusal(commitOf(three, { height: 5, blockHash }, [0, 1]), { set: three }), /20 of 30 power/);
  assert.match(refusal(commitOf(set, { height: 5, blockHash }, [0, 1])), /20 of 40 power/);
});

test('a commit of another height, block or chain is refused', () => {
  assert.match(refusal(commitOf(set, { height: 6, blockHash }, [0, 1, 2])), /names height 6/);
  assert.match(refusal(commitOf(set, { height: 5, blockHash: filled(32, 2) }, [0, 1, 2])), /is for block/);
  const foreign = commitOf(set, { height: 5, blockHash }, [0, 1, 2], filled(32, 3));
  assert.match(refusal(foreign), /invalid signature of validator 0/);
});

test('a commit with more or fewer slots than validators is refused before any signature is checked', () => {
  const commit = commitOf(set, { height: 5, blockHash }, [0, 1, 2]);
  const unused = {
    verify: () => {
      throw new Error('no signature may be checked');
    },
  };
  const options = { verifier: unused } as unknown as Partial<typeof expected>;
  assert.match(refusal({ ...commit, signatures: commit.signatures.slice(0, 3) }, options), /3 slots/);
  assert.match(refusal({ ...commit, signatures: [...commit.signatures, undefined] }, options), /5 slots/);
});

test('the signature of one validator does not count for another', () => {
  const commit = commitOf(set, { height: 5, blockHash }, [0, 1]);
  const [first, second] = commit.signatures;
  assert.match(refusal({ ...commit, signatures: [first, second, first, second] }), /validator 2/);
});

test('one invalid signature spoils a commit that has a quorum without it', () => {
  const commit = commitOf(set, { height: 5, blockHash }, [0, 1, 2]);
  const signatures = [...commit.signatures];
  signatures[3] = filled(64, 9);
  assert.match(refusal({ ...commit, signatures }), /validator 3/);
});

test('signatures of another round are refused', () => {
  const commit = commitOf(set, { height: 5, round: 1, blockHash }, [0, 1, 2]);
  refusal({ ...commit, round: 2 });
});

test('a quorum is more than two thirds in exact integers up to the largest total power', () => {
  const powers = fc.bigInt({ min: 0n, max: 2n ** 48n });
  fc.assert(
    fc.property(powers, powers, (a, b) => {
      const [power, total] = a < b ? [a, b] : [b, a];
      const quorum = isQuorum(Number(power), { validators: [], totalPower: Number(total), hash: blockHash });
      assert.equal(quorum, power * 3n > total * 2n);
    }),
  );
});
