import { equalBytes, err, ok, toHex, type CodedError, type Result } from '#kernel';
import type { ValidatorSet } from '#services/validator';
import { blockError } from '../errors.ts';
import { BLOCK_VERSION } from '../limits.ts';
import { transactionRoot } from './block.ts';
import { commitHash, NO_COMMIT_HASH } from './commit.ts';
import type { HeaderBasis } from './make-header.ts';
import type { Block } from './types.ts';

type BlockReason = Parameters<typeof blockError>[0];

/**
 * Verifies a block's header against the tip and against the block's own content. Left to others: that the
 * proposer is the round's (consensus), that the last commit is valid (`verifyCommit`), that the next validator
 * set is the one that execution leads to, and the transactions.
 *
 * @param set the validators of the block's height
 * @returns the first `block.*` error
 */
export function verifyHeader(block: Block, basis: HeaderBasis, set: ValidatorSet): Result<void> {
  const { header } = block;
  const wrong = (reason: BlockReason, what: string, found: string | number, expected: string | number) =>
    err(
      blockError(reason, `block ${header.height} has ${what} ${found}, expected ${expected}`, {
        height: header.height,
        found,
        expected,
      }),
    );
  if (header.version !== BLOCK_VERSION)
    return wrong('wrong-version', 'version', header.version, BLOCK_VERSION);
  if (header.chainId !== basis.chainId)
    return wrong('wrong-chain', 'chain id', header.chainId, basis.chainId);
  if (header.height !== basis.height + 1)
    return wrong('wrong-height', 'height', header.height, basis.height + 1);
  if (header.timeMs <= basis.blockTimeMs) {
    return wrong('wrong-time', 'time', header.timeMs, `more than ${basis.blockTimeMs}`);
  }
  if (!set.validators.some((validator) => equalBytes(validator.address, header.proposer))) {
    return err(proposerError(block));
  }
  const expectsCommit = basis.hasBlock;
  if ((block.lastCommit !== undefined) !== expectsCommit) {
    return wrong(
      'wrong-commit-hash',
      'commit',
      expectsCommit ? 'none' : 'one',
      expectsCommit ? 'one' : 'none',
    );
  }
  const commit = block.lastCommit === undefined ? NO_COMMIT_HASH : commitHash(block.lastCommit);
  const hashes: readonly [BlockReason, string, Uint8Array, Uint8Array][] = [
    ['wrong-parent', 'parent', header.parentHash, basis.blockHash],
    ['wrong-state-root', 'state root', header.stateRoot, basis.stateRoot],
    ['wrong-receipt-root', 'receipt root', header.receiptRoot, basis.receiptRoot],
    ['wrong-validator-set', 'validator set', header.validatorSetHash, basis.validatorSetHash],
    ['wrong-commit-hash', 'commit hash', header.commitHash, commit],
    [
      'wrong-transaction-root',
      'transaction root',
      header.transactionRoot,
      transactionRoot(block.transactions),
    ],
  ];
  for (const [reason, what, found, expected] of hashes) {
    if (!equalBytes(found, expected)) return wrong(reason, what, toHex(found), toHex(expected));
  }
  return ok(undefined);
}

function proposerError(block: Block): CodedError {
  const proposer = toHex(block.header.proposer);
  return blockError(
    'unknown-proposer',
    `block ${block.header.height} names the proposer ${proposer}, who is not in the height's set`,
    { height: block.header.height, proposer },
  );
}
