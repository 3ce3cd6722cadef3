import { equalBytes, err, ok, toHex, type Result, type SignatureVerifier } from '#kernel';
import type { ValidatorSet } from '#services/validator';
import { blockError } from '../errors.ts';
import { voteDigest } from './signed-bodies.ts';
import type { Commit } from './types.ts';

/** True for more than two thirds of the power, in exact integers (powers sum to at most 2^48). */
export function isQuorum(power: number, set: ValidatorSet): boolean {
  return power * 3 > set.totalPower * 2;
}

/**
 * Verifies that a commit finalises a block: one slot a validator of the height's set, and valid precommits
 * for exactly this block that hold more than 2/3 of the power. Every signature given is checked, also those
 * beyond the quorum, so that nobody can pad a commit with garbage.
 *
 * Tendermint BFT (arXiv:1807.04938) line 49; one signature a slot makes duplicates impossible.
 *
 * @param expected `set` is the validator set of `height`
 * @returns `block.invalid-commit` saying what is wrong
 */
export function verifyCommit(
  commit: Commit,
  expected: {
    set: ValidatorSet;
    height: number;
    blockHash: Uint8Array;
    genesisHash: Uint8Array;
    verifier: Pick<SignatureVerifier, 'verify'>;
  },
): Result<void> {
  const { set, height, blockHash, genesisHash, verifier } = expected;
  const invalid = (what: string) =>
    err(blockError('invalid-commit', `the commit for height ${height} ${what}`, { height }));
  if (commit.height !== height) return invalid(`names height ${commit.height}`);
  if (!equalBytes(commit.blockHash, blockHash)) {
    return invalid(`is for block ${toHex(commit.blockHash)}, not ${toHex(blockHash)}`);
  }
  const { signatures } = commit;
  if (signatures.length !== set.validators.length) {
    return invalid(`has ${signatures.length} slots, the set has ${set.validators.length} validators`);
  }
  let power = 0;
  for (const [index, validator] of set.validators.entries()) {
    if (signatures[index] !== undefined) power += validator.power;
  }
  // Counted before any signature is checked: what cannot suffice costs nothing.
  if (!isQuorum(power, set)) return invalid(`holds ${power} of ${set.totalPower} power, not more than 2/3`);
  const digest = voteDigest({ kind: 'precommit', height, round: commit.round, blockHash }, genesisHash);
  for (const [index, validator] of set.validators.entries()) {
    const signature = signatures[index];
    if (signature === undefined) continue;
    if (!verifier.verify({ publicKey: validator.publicKey, digest, signature })) {
      return invalid(`has an invalid signature of validator ${index} (${toHex(validator.address)})`);
    }
  }
  return ok(undefined);
}
