import type { ProposalBody, VoteBody, VoteKind } from '#services/block';
import type { Step } from '../domain/types.ts';

export interface SignedVote {
  readonly body: VoteBody;
  readonly validatorIndex: number;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/** A proposal with its block in compact form: transactions by hash, since peers mostly have them. */
export interface SignedProposal {
  readonly body: ProposalBody;
  readonly proposerIndex: number;
  /** 64 bytes. */
  readonly signature: Uint8Array;
  /** One encoding of the header. */
  readonly header: Uint8Array;
  /** One encoding of the commit of the block before; empty in the first block. */
  readonly lastCommit: Uint8Array;
  /** 32-byte transaction hashes, in order. */
  readonly transactionIds: readonly Uint8Array[];
  /** One encoding of each piece of evidence, in order. */
  readonly evidence: readonly Uint8Array[];
}

/** One bit a validator, in the order of the height's set. */
export type Bitmap = readonly boolean[];

/** Votes for one value that the sender wants completed, whatever else their validators voted for. */
export interface WantedTally {
  readonly kind: VoteKind;
  readonly round: number;
  /** 32 bytes. */
  readonly blockHash: Uint8Array;
  readonly has: Bitmap;
}

/** What a node has of the height in progress: whoever has more sends it. */
export interface RoundState {
  readonly height: number;
  readonly round: number;
  readonly step: Step;
  /** Whose votes of `round` the sender has, by kind. */
  readonly prevotes: Bitmap;
  readonly precommits: Bitmap;
  /** The proposal that the sender lacks: of the round, and of the block where one is named. */
  readonly needsProposal: { readonly round: number; readonly blockHash: Uint8Array | undefined } | undefined;
  readonly wanted: readonly WantedTally[];
}

export type ConsensusMessage =
  | { readonly kind: 'proposal'; readonly proposal: SignedProposal }
  | { readonly kind: 'vote'; readonly vote: SignedVote }
  | { readonly kind: 'round-state'; readonly state: RoundState };
