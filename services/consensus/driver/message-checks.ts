import { equalBytes, err, ok, toHex, type Result, type SignatureVerifier } from '#kernel';
import { proposalDigest, voteDigest, type Header, type ProposalBody } from '#services/block';
import { isProposed, type CoreState } from '../domain/state.ts';
import { isSupportedValue } from '../domain/vote-keeper.ts';
import { consensusError } from '../errors.ts';
import { PROPOSALS_PER_ROUND_MAX, ROUNDS_AHEAD_MAX } from '../limits.ts';
import type { ProposalHead } from '../wire/codec.ts';
import type { SignedProposal, SignedVote } from '../wire/messages.ts';
import { headerOf } from './compact-block.ts';
import { valueOf } from './height-book.ts';
import type { HeightContext } from './height-context.ts';
import { isTimely } from './timing.ts';

export interface MessageCheckComponents {
  readonly genesisHash: Uint8Array;
  readonly verifier: Pick<SignatureVerifier, 'verify'>;
}

/** True when a vote of this height can still tell the core something: asked before its signature is verified. */
export function isNewVote(vote: SignedVote, { book }: HeightContext, core: CoreState): boolean {
  const { kind, round } = vote.body;
  const index = vote.validatorIndex;
  const value = valueOf(vote);
  // CONS-6: one vote shows that a validator is far ahead; every vote that is taken is logged.
  const farthest = core.round + ROUNDS_AHEAD_MAX;
  if (round > farthest) return (core.votes.reached[index] ?? -1) <= farthest;
  if (book.voteFor(kind, round, index, value) !== undefined) return false;
  const contradicts = book.votesAt(kind, round, index).length > 0;
  if (!contradicts) return true;
  const isCounted = value === undefined || isProposed(core, value);
  return isCounted || book.equivocation(index) === undefined;
}

/** @returns `consensus.unknown-validator`, `consensus.invalid-signature` */
export function checkVote(
  vote: SignedVote,
  context: HeightContext,
  { genesisHash, verifier }: MessageCheckComponents,
): Result<void> {
  const validator = context.set.validators[vote.validatorIndex];
  if (validator === undefined) return unknownValidator(vote.validatorIndex, context);
  const digest = voteDigest(vote.body, genesisHash);
  const { publicKey } = validator;
  if (verifier.verify({ publicKey, digest, signature: vote.signature })) return ok(undefined);
  return invalidSignature(vote.body.kind, context, vote.body.round);
}

/**
 * True when a proposal of this height can still tell something: the core, or who watches for a proposer that makes two
 * (EVID-4).
 */
export function isWantedProposal(head: ProposalHead, context: HeightContext, core: CoreState): boolean {
  return isNewProposal(head, context, core) || contradictedProposal(head, context) !== undefined;
}

/**
 * EVID-4: a proposal that is here, of the same proposer and round, and differs in block or proof of lock; undefined once
 * such a pair of this proposer was found in the height.
 */
export function contradictedProposal(
  { body, proposerIndex }: ProposalHead,
  { book }: HeightContext,
): SignedProposal | undefined {
  if (book.doubleProposers.has(proposerIndex)) return undefined;
  const isSame = (other: ProposalBody): boolean =>
    other.polRound === body.polRound && equalBytes(other.blockHash, body.blockHash);
  return book
    .proposalsOf(body.round)
    .map(({ proposal }) => proposal)
    .find((kept) => kept.proposerIndex === proposerIndex && !isSame(kept.body));
}

/** True when a proposal of this height can still tell the core something. */
export function isNewProposal(
  proposal: Pick<SignedProposal, 'body'>,
  { book }: HeightContext,
  core: CoreState,
): boolean {
  const { round, blockHash } = proposal.body;
  if (round > core.round + ROUNDS_AHEAD_MAX) return false;
  const known = book.proposalsOf(round);
  if (known.length === 0) return true;
  const value = toHex(blockHash);
  if (known.length >= PROPOSALS_PER_ROUND_MAX || known.some((kept) => kept.value === value)) return false;
  return isSupportedValue(core.votes, core.setting, round, value);
}

/**
 * @param receivedAtMs Unix milliseconds, against which the block's time is judged
 * @returns `consensus.wrong-proposer`, `consensus.invalid-signature`, `consensus.mismatched-block`
 */
export function checkProposal(
  proposal: SignedProposal,
  context: HeightContext,
  receivedAtMs: number,
  components: MessageCheckComponents,
): Result<{ header: Header; timely: boolean }> {
  const { body, proposerIndex } = proposal;
  const validator = context.set.validators[proposerIndex];
  if (validator === undefined) return unknownValidator(proposerIndex, context);
  if (context.setting.proposerOf(body.round) !== proposerIndex) {
    return wrongProposer(`validator ${proposerIndex} does not propose in round ${body.round}`, context);
  }
  const signed = checkProposalSignature(proposal, context, components);
  if (!signed.ok) return signed;
  const header = headerOf(proposal);
  if (!header.ok) return header;
  // A block that was proposed before keeps the proposer that made it.
  if (body.polRound === -1 && !equalBytes(header.value.proposer, validator.address)) {
    return wrongProposer('a fresh block names another proposer than the one who proposes it', context);
  }
  const timely = isTimely(body, header.value.timeMs, receivedAtMs, context.tip.consensus);
  return ok({ header: header.value, timely });
}

/** @returns `consensus.unknown-validator`, `consensus.invalid-signature` */
export function checkProposalSignature(
  { body, proposerIndex, signature }: SignedProposal,
  context: HeightContext,
  { genesisHash, verifier }: MessageCheckComponents,
): Result<void> {
  const validator = context.set.validators[proposerIndex];
  if (validator === undefined) return unknownValidator(proposerIndex, context);
  const digest = proposalDigest(body, genesisHash);
  if (verifier.verify({ publicKey: validator.publicKey, digest, signature })) return ok(undefined);
  return invalidSignature('proposal', context, body.round);
}

function unknownValidator(index: number, { height, set }: HeightContext) {
  const what = `validator ${index} is not one of the ${set.validators.length} of height ${height}`;
  return err(consensusError('unknown-validator', what, { height, index }));
}

function invalidSignature(what: string, { height }: HeightContext, round: number) {
  return err(
    consensusError(
      'invalid-signature',
      `the signature of a ${what} of height ${height} round ${round} is invalid`,
      {
        height,
        round,
      },
    ),
  );
}

function wrongProposer(what: string, { height }: HeightContext) {
  return err(consensusError('wrong-proposer', `${what} (height ${height})`, { height }));
}
