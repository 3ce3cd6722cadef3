import { ok, toHex, type Result } from '#kernel';
import type { ValidatorSet } from '#services/validator';
import type { ProposalBody, VoteBody } from '../types.ts';
import { compareChoices, compareOffers, sealEvidence } from './codec.ts';
import { accountableFor, attackKind, attackSetOf, type FinalThere } from './light-client-attack.ts';
import type { AccountableValidator, Evidence, LightClientAttackEvidence } from './types.ts';

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

/**
 * Evidence of a header that a light client was shown (EVID-6 to EVID-9), for whoever trusts the chain's own header
 * there. Nothing is verified: that is for those who take it.
 *
 * @param shown `validators` in the order of their set
 * @param trusted `final`: header, commit of the block after, and set at the height of the header shown; `common`:
 *   the last height before it where both agree, its set, and the time of the block before it. An attack that
 *   invents nothing is of the height of the header instead, and of `final.set` and `timeBeforeMs`
 * @returns `block.invalid-evidence` when the validators shown are not those of the header
 */
export function lightClientAttackEvidence(
  shown: Pick<LightClientAttackEvidence, 'header' | 'commit' | 'validators'>,
  trusted: {
    readonly final: FinalThere;
    /** Time of the block before the header's height. */
    readonly timeBeforeMs: number;
    readonly common: { readonly height: number; readonly set: ValidatorSet; readonly timeBeforeMs: number };
  },
): Result<Evidence> {
  const { header, commit } = shown;
  const { final, common, timeBeforeMs } = trusted;
  const isOwn = toHex(header.validatorSetHash) === toHex(final.set.hash);
  const validators = isOwn ? [] : shown.validators;
  const set = attackSetOf({ header, validators }, final.set);
  if (!set.ok) return set;
  const kind = attackKind(shown, final);
  const place = kind === 'lunatic' ? common : { height: header.height, set: final.set, timeBeforeMs };
  const accountable = accountableFor(kind, shown, set.value, final, place.set);
  const { height, timeBeforeMs: timeMs } = place;
  return ok(
    sealEvidence({ kind: 'light-client-attack', height, timeMs, header, commit, validators, accountable }),
  );
}
