import type { Transaction } from '#services/transaction';
import type { Evidence } from './evidence/types.ts';

export interface Header {
  /** Version of the block rules. */
  readonly version: number;
  readonly chainId: string;
  readonly height: number;
  /** Unix milliseconds, set by the proposer, strictly increasing. */
  readonly timeMs: number;
  /** Hash of the block before; the genesis hash in the first block. */
  readonly parentHash: Uint8Array;
  /** 20-byte address of the proposer's consensus key. */
  readonly proposer: Uint8Array;
  /** Merkle root of the transaction hashes, in order. */
  readonly transactionRoot: Uint8Array;
  /** Merkle root of the identities of the evidence, in order. */
  readonly evidenceRoot: Uint8Array;
  /** State root after the block before. */
  readonly stateRoot: Uint8Array;
  /** Receipt root of the block before. */
  readonly receiptRoot: Uint8Array;
  /** Hash of the commit of the block before; 32 zero bytes in the first block. */
  readonly commitHash: Uint8Array;
  readonly validatorSetHash: Uint8Array;
  readonly nextValidatorSetHash: Uint8Array;
}

/** More than 2/3 of the power precommitted this block: it is final. */
export interface Commit {
  readonly height: number;
  readonly round: number;
  readonly blockHash: Uint8Array;
  /** By validator index in the height's set: the 64-byte precommit signature, or undefined. */
  readonly signatures: readonly (Uint8Array | undefined)[];
}

export interface Block {
  readonly hash: Uint8Array;
  readonly header: Header;
  readonly transactions: readonly Transaction[];
  readonly evidence: readonly Evidence[];
  /** Commit of the block before; undefined in the first block. */
  readonly lastCommit: Commit | undefined;
}

export type VoteKind = 'prevote' | 'precommit';

/** The signed part of a vote; the same bytes for every validator that votes alike. */
export interface VoteBody {
  readonly kind: VoteKind;
  readonly height: number;
  readonly round: number;
  /** Undefined for a vote for nil. */
  readonly blockHash: Uint8Array | undefined;
}

/** The signed part of a proposal. */
export interface ProposalBody {
  readonly height: number;
  readonly round: number;
  /** Round of the proof-of-lock prevotes, or -1. */
  readonly polRound: number;
  readonly blockHash: Uint8Array;
}
