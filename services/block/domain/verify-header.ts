import { equalBytes, err, ok, toHex, type Result } from '#kernel';
import type { ValidatorSet } from '#services/validator';
import { blockError } from '../errors.ts';
import { BLOCK_VERSION } from '../limits.ts';
import { transactionRoot } from './block.ts';
import { commitHash, NO_COMMIT_HASH } from './commit.ts';
import { evidenceRoot } from './evidence/offences.ts';
import { blockHash } from './header.ts';
import type { RunHeaderBasis } from './make-header.ts';
import type { Block, Header } from './types.ts';

type BlockReason = Parameters<typeof blockError>[0];
type Member = readonly [reason: BlockReason, what: string, found: Uint8Array, expected: Uint8Array];

/** Blocks seen to be what their hash says: a block is verified when proposed and again when it is final. */
const verified = new WeakSet<Block>();

/**
 * Verifies that a block is what its hash says: that the header has this hash, and names these transactions,
 * this evidence and this last commit. What fails here is a forgery, whatever the chain's state.
 */
export function verifyContent(block: Block): Result<void> {
  if (verified.has(block)) return ok(undefined);
  const { header } = block;
  const commit = block.lastCommit === undefined ? NO_COMMIT_HASH : commitHash(block.lastCommit);
  const compared = compareMembers(header, [
    ['wrong-hash', 'hash', block.hash, blockHash(header)],
    ['wrong-commit-hash', 'commit hash', header.commitHash, commit],
    [
      'wrong-transaction-root',
      'transaction root',
      header.transactionRoot,
      transactionRoot(block.transactions),
    ],
    ['wrong-evidence-root', 'evidence root', header.evidenceRoot, evidenceRoot(block.evidence)],
  ]);
  if (compared.ok) verified.add(block);
  return compared;
}

/**
 * Verifies a header against the tip, or against the block before it in a run. Left to others: the content (`verifyContent`), that the proposer is the
 * round's (consensus), that the last commit is valid (`verifyCommit`), that the next validator set is the one
 * that execution leads to, and the transactions.
 *
 * @param set the validators of the block's height
 * @returns the first `block.*` error
 */
export function verifyHeader(header: Header, basis: RunHeaderBasis, set: ValidatorSet): Result<void> {
  const wrong = (reason: BlockReason, what: string, found: string | number, expected: string | number) =>
    err(
      blockError(reason, `block ${header.height} has ${what} ${found}, expected ${expected}`, {
        height: header.height,
        found,
        expected,
      }),
    );
  if (header.version !== BLOCK_VERSION) {
    return wrong('wrong-version', 'version', header.version, BLOCK_VERSION);
  }
  if (header.chainId !== basis.chainId) {
    return wrong('wrong-chain', 'chain id', header.chainId, basis.chainId);
  }
  if (header.height !== basis.height + 1) {
    return wrong('wrong-height', 'height', header.height, basis.height + 1);
  }
  const compared = compareMembers(header, [
    ['wrong-parent', 'parent', header.parentHash, basis.blockHash],
    ['wrong-state-root', 'state root', header.stateRoot, basis.stateRoot ?? header.stateRoot],
    ['wrong-receipt-root', 'receipt root', header.receiptRoot, basis.receiptRoot],
    ['wrong-validator-set', 'validator set', header.validatorSetHash, basis.validatorSetHash],
  ]);
  if (!compared.ok) return compared;
  if (header.timeMs <= basis.blockTimeMs) {
    return wrong('wrong-time', 'time', header.timeMs, `more than ${basis.blockTimeMs}`);
  }
  if (!set.validators.some((validator) => equalBytes(validator.address, header.proposer))) {
    return wrong('unknown-proposer', 'proposer', toHex(header.proposer), 'a validator of its height');
  }
  if (equalBytes(header.commitHash, NO_COMMIT_HASH) === basis.hasBlock) {
    const [found, expected] = basis.hasBlock ? ['no', 'one'] : ['a', 'none'];
    return wrong('wrong-commit-hash', `${found} last commit`, toHex(header.commitHash), expected);
  }
  return ok(undefined);
}

function compareMembers(header: Header, members: readonly Member[]): Result<void> {
  for (const [reason, what, found, expected] of members) {
    if (equalBytes(found, expected)) continue;
    const details = { height: header.height, found: toHex(found), expected: toHex(expected) };
    const message = `block ${header.height} has ${what} ${details.found}, expected ${details.expected}`;
    return err(blockError(reason, message, details));
  }
  return ok(undefined);
}
