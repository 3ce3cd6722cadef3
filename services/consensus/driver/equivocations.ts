import { ok, toHex, type Logger, type Result } from '#kernel';
import {
  duplicateProposalEvidence,
  duplicateVoteEvidence,
  type Evidence,
  type OffencePlace,
} from '#services/block';
import type { ConsensusComponents } from '../face.ts';
import type { SignedProposal } from '../wire/messages.ts';
import type { Equivocation } from './height-book.ts';
import type { HeightContext } from './height-context.ts';
import {
  checkProposalSignature,
  contradictedProposal,
  type MessageCheckComponents,
} from './message-checks.ts';
import type { Telemetry } from './telemetry.ts';

export interface EquivocationComponents extends MessageCheckComponents {
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  readonly evidence?: ConsensusComponents['evidence'];
}

/** CONS-11, EVID-3: keeps the first equivocation of a validator in a height, whose two votes are verified. */
export function keepEquivocation(
  components: EquivocationComponents,
  context: HeightContext,
  equivocation: Equivocation,
): void {
  const { telemetry, logger } = components;
  const { height, book, set } = context;
  const { validatorIndex, first, second } = equivocation;
  if (book.equivocation(validatorIndex) !== undefined) return;
  book.addEquivocation(equivocation);
  const address = set.validators[validatorIndex]?.address ?? new Uint8Array(0);
  const { kind: vote, round } = first.body;
  logger.warn({ height, round, validator: toHex(address), vote }, 'a validator voted twice in one place');
  telemetry.emit({ kind: 'equivocation', height, validator: address, first, second });
  report(components, context, validatorIndex, (place) => duplicateVoteEvidence(first, second, place));
}

/**
 * EVID-4: sees whether a proposal contradicts one that is here, before it is dropped as one too many. Its
 * signature is checked only then, and only until one such proposal of its maker was found in the height.
 *
 * @returns `consensus.invalid-signature` for a forged one: who relays a proposal has verified it
 */
export function watchProposal(
  components: EquivocationComponents,
  context: HeightContext,
  proposal: SignedProposal,
): Result<void> {
  const { telemetry, logger } = components;
  const { height, book, set } = context;
  const { body, proposerIndex } = proposal;
  const first = contradictedProposal(proposal, context);
  const validator = set.validators[proposerIndex];
  if (first === undefined || validator === undefined) return ok(undefined);
  const signed = checkProposalSignature(proposal, context, components);
  if (!signed.ok) return signed;
  book.doubleProposers.add(proposerIndex);
  telemetry.count('equivocations');
  logger.warn(
    { height, round: body.round, validator: toHex(validator.address) },
    'a validator proposed twice in one round',
  );
  report(components, context, proposerIndex, (place) => duplicateProposalEvidence(first, proposal, place));
  return ok(undefined);
}

function report(
  { evidence }: EquivocationComponents,
  { set, tip }: HeightContext,
  validatorIndex: number,
  make: (place: OffencePlace) => Evidence | undefined,
): void {
  const validator = set.validators[validatorIndex];
  if (evidence === undefined || validator === undefined) return;
  const { address, power } = validator;
  const made = make({ validator: { address, power }, timeMs: tip.blockTimeMs });
  if (made !== undefined) evidence.report(made);
}
