import type { ProposalBody, VoteBody } from '../types.ts';
import { compareChoices, compareOffers, sealEvidence } from './codec.ts';
import type { AccountableValidator, Evidence } from './types.ts';

/** A signed message as it came. */
export interface Signed<Body> {
  readonly body: Body;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/** What is known where the offence was seen. */
export interface OffencePlace {
  readonly validator: AccountableValidator;
  /** Time of the block before the height of the messages. */
  readonly timeMs: number;
}

/**
 * Evidence of two votes of one validator (EVID-2, EVID-3), whichever came first.
 *
 * @returns undefined when they are not of one place, or the same
 */
export function duplicateVoteEvidence(
  a: Signed<VoteBody>,
  b: Signed<VoteBody>,
  { validator, timeMs }: OffencePlace,
): Evidence | undefined {
  const { kind: voteKind, height, round } = a.body;
  if (b.body.kind !== voteKind || b.body.height !== height || b.body.round !== round) return undefined;
  const choices = [a, b].map(({ body, signature }) => ({ blockHash: body.blockHash, signature }));
  const [first, second] = choices.toSorted(compareChoices);
  if (first === undefined || second === undefined || compareChoices(first, second) === 0) return undefined;
  return sealEvidence({ kind: 'duplicate-vote', height, timeMs, validator, voteKind, round, first, second });
}

/**
 * Evidence of two proposals that one validator signed for one round (EVID-2, EVID-4), whichever came first.
 *
 * @returns undefined when they are not of one round, or the same
 */
export function duplicateProposalEvidence(
  a: Signed<ProposalBody>,
  b: Signed<ProposalBody>,
  { validator, timeMs }: OffencePlace,
): Evidence | undefined {
  const { height, round } = a.body;
  if (b.body.height !== height || b.body.round !== round) return undefined;
  const offers = [a, b].map(({ body: { polRound, blockHash }, signature }) => {
    return { polRound, blockHash, signature };
  });
  const [first, second] = offers.toSorted(compareOffers);
  if (first === undefined || second === undefined || compareOffers(first, second) === 0) return undefined;
  return sealEvidence({ kind: 'duplicate-proposal', height, timeMs, validator, round, first, second });
}
