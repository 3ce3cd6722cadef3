import type { OffenceKind } from '#services/blockchain';
import type { Commit, Header, VoteKind } from '../types.ts';

/** A validator that evidence makes accountable, as the set of the evidence's height has it. */
export interface AccountableValidator {
  /** 20-byte address of the consensus key. */
  readonly address: Uint8Array;
  readonly power: number;
}

interface EvidenceFacts {
  readonly kind: OffenceKind;
  /** The height whose validators are accountable. */
  readonly height: number;
  /** Time of the block before `height`, Unix milliseconds: from it the age counts. */
  readonly timeMs: number;
  /** The one encoding. */
  readonly bytes: Uint8Array;
  /** Identity: 32-byte hash of `bytes`. */
  readonly hash: Uint8Array;
}

/** What a validator voted for, and its signature. */
export interface SignedChoice {
  /** Undefined for nil. */
  readonly blockHash: Uint8Array | undefined;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/** Two votes of one validator in one place, for different blocks; the choices in the order of their hashes. */
export interface DuplicateVoteEvidence extends EvidenceFacts {
  readonly kind: 'duplicate-vote';
  readonly voteKind: VoteKind;
  readonly round: number;
  readonly validator: AccountableValidator;
  readonly first: SignedChoice;
  readonly second: SignedChoice;
}

/** What was proposed, and the proposer's signature. */
export interface SignedOffer {
  /** Round of the proof of lock, or -1. */
  readonly polRound: number;
  readonly blockHash: Uint8Array;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/** Two different proposals that one validator signed for one round; in the order of hash, then proof of lock. */
export interface DuplicateProposalEvidence extends EvidenceFacts {
  readonly kind: 'duplicate-proposal';
  readonly round: number;
  readonly validator: AccountableValidator;
  readonly first: SignedOffer;
  readonly second: SignedOffer;
}

/** A header with a commit that a light client would believe, where another block is final. */
export interface LightClientAttackEvidence extends EvidenceFacts {
  readonly kind: 'light-client-attack';
  readonly header: Header;
  readonly commit: Commit;
  /** The set that the header names, in its order; empty when it is the chain's own set of that height. */
  readonly validators: readonly { readonly publicKey: Uint8Array; readonly power: number }[];
  /** In the order of the set of `height`. */
  readonly accountable: readonly AccountableValidator[];
}

/** Proof that validators misbehaved. It carries what is recorded of it, so that executing needs no history. */
export type Evidence = DuplicateVoteEvidence | DuplicateProposalEvidence | LightClientAttackEvidence;
