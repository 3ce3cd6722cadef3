import type { Transaction } from '#services/transaction';
import { BLOCK_VERSION } from '../limits.ts';
import { transactionRoot } from './block.ts';
import { commitHash, NO_COMMIT_HASH } from './commit.ts';
import { evidenceRoot } from './evidence/offences.ts';
import type { Evidence } from './evidence/types.ts';
import type { Commit, Header } from './types.ts';

/** What the chain up to the tip dictates about the next header. */
export interface HeaderBasis {
  readonly chainId: string;
  /** Height of the tip; one less than the initial height before the first block. */
  readonly height: number;
  /** Hash of the tip's block; the genesis hash before the first block. */
  readonly blockHash: Uint8Array;
  readonly blockTimeMs: number;
  /** False before the first block: its header names no commit. */
  readonly hasBlock: boolean;
  readonly stateRoot: Uint8Array;
  readonly receiptRoot: Uint8Array;
  /** Hash of the set of the next height. */
  readonly validatorSetHash: Uint8Array;
}

/** As blocks of a run are verified (SYNC-9): what the state root is after the block before is not known. */
export interface RunHeaderBasis extends Omit<HeaderBasis, 'stateRoot'> {
  readonly stateRoot: Uint8Array | undefined;
}

/** The header of the block after `basis`. */
export function makeHeader(
  basis: HeaderBasis,
  block: {
    timeMs: number;
    proposer: Uint8Array;
    transactions: readonly Transaction[];
    lastCommit: Commit | undefined;
    evidence?: readonly Evidence[];
    nextValidatorSetHash: Uint8Array;
  },
): Header {
  return {
    version: BLOCK_VERSION,
    chainId: basis.chainId,
    height: basis.height + 1,
    timeMs: block.timeMs,
    parentHash: basis.blockHash,
    proposer: block.proposer,
    transactionRoot: transactionRoot(block.transactions),
    evidenceRoot: evidenceRoot(block.evidence ?? []),
    stateRoot: basis.stateRoot,
    receiptRoot: basis.receiptRoot,
    commitHash: block.lastCommit === undefined ? NO_COMMIT_HASH : commitHash(block.lastCommit),
    validatorSetHash: basis.validatorSetHash,
    nextValidatorSetHash: block.nextValidatorSetHash,
  };
}
