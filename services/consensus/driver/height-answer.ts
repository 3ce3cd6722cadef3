import type { Result } from '#kernel';
import type { Block } from '#services/block';
import type { Timeout } from '../domain/types.ts';
import type { SignedProposal, SignedVote } from '../wire/messages.ts';
import type { ProposalPlan } from './proposer.ts';

/** Results of work that a height started and did not wait for; they come back through the one queue. */
export type HeightAnswer =
  | { readonly kind: 'timeout'; readonly timeout: Timeout }
  | { readonly kind: 'planned'; readonly plan: ProposalPlan }
  | {
      readonly kind: 'checked';
      readonly round: number;
      readonly block: Block;
      readonly result: Result<void>;
    }
  /** By a remote signer. */
  | { readonly kind: 'signed-vote'; readonly vote: SignedVote }
  | { readonly kind: 'signed-proposal'; readonly proposal: SignedProposal; readonly block: Block };
