import { equalBytes, toHex, type Logger, type SignatureVerifier } from '#kernel';
import {
  duplicateProposalEvidence,
  duplicateVoteEvidence,
  proposalDigest,
  type Evidence,
  type OffencePlace,
} from '#services/block';
import type { ConsensusComponents } from '../face.ts';
import type { SignedProposal } from '../wire/messages.ts';
import type { Equivocation } from './height-book.ts';
import type { HeightContext } from './height-context.ts';
import type { Telemetry } from './telemetry.ts';

export interface EquivocationComponents {
  readonly genesisHash: Uint8Array;
  readonly verifier: Pick<SignatureVerifier, 'verify'>;
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
 */
export function watchProposal(
  components: EquivocationComponents,
  context: HeightContext,
  proposal: SignedProposal,
): void {
  const { genesisHash, verifier, telemetry, logger } = components;
  const { height, book, set } = context;
  const { body, proposerIndex, signature } = proposal;
  if (book.doubleProposers.has(proposerIndex)) return;
  const first = book
    .proposalsOf(body.round)
    .map((kept) => kept.proposal)
    .find(
      (kept) =>
        kept.proposerIndex === proposerIndex &&
        !(kept.body.polRound === body.polRound && equalBytes(kept.body.blockHash, body.blockHash)),
    );
  const validator = set.validators[proposerIndex];
  if (first === undefined || validator === undefined) return;
  const { publicKey, address } = validator;
  if (!verifier.verify({ publicKey, digest: proposalDigest(body, genesisHash), signature })) return;
  book.doubleProposers.add(proposerIndex);
  telemetry.count('equivocations');
  logger.warn(
    { height, round: body.round, validator: toHex(address) },
    'a validator proposed twice in one round',
  );
  report(components, context, proposerIndex, (place) => duplicateProposalEvidence(first, proposal, place));
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
