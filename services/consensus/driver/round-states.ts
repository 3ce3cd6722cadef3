import { equalBytes, fromHex, toHex } from '#kernel';
import type { Commit, VoteKind } from '#services/block';
import { isProposed, proposalsOf, type CoreState } from '../domain/state.ts';
import { isQuorum, isSupport, powerFor, valuesOf } from '../domain/tally.ts';
import { tallyOf } from '../domain/vote-keeper.ts';
import type { Value } from '../domain/types.ts';
import { RELAY_GRACE_MS, RELAY_VOTES_MAX, WANTED_TALLIES_MAX } from '../limits.ts';
import type { Bitmap, RoundState, SignedProposal, SignedVote, WantedTally } from '../wire/messages.ts';
import type { HeightContext } from './height-context.ts';
import type { HeightBook, KeptVote } from './height-book.ts';

/** What one node sends another that lacks it. */
export interface Completion {
  readonly votes: readonly SignedVote[];
  readonly proposal: SignedProposal | undefined;
}

const VOTE_KINDS: readonly VoteKind[] = ['prevote', 'precommit'];

/** What this node has of its height, and what it lacks. */
export function roundStateOf({ book }: HeightContext, core: CoreState): RoundState {
  const { round, step, setting } = core;
  return {
    height: setting.height,
    round,
    step,
    prevotes: book.bitmap('prevote', round),
    precommits: book.bitmap('precommit', round),
    needsProposal: neededProposal(core),
    wanted: wantedTallies(core).map(({ kind, round: at, value }) => ({
      kind,
      round: at,
      blockHash: fromHex(value),
      has: book.bitmap(kind, at, value),
    })),
  };
}

/** A block that a correct validator voted for and nobody showed here comes first, then the round's proposal. */
function neededProposal(core: CoreState): RoundState['needsProposal'] {
  for (const { round, value } of supportedTallies(core)) {
    if (!isProposed(core, value)) return { round, blockHash: fromHex(value) };
  }
  if (core.step === 'decided' || proposalsOf(core, core.round).length > 0) return undefined;
  return { round: core.round, blockHash: undefined };
}

interface TallyPlace {
  readonly kind: VoteKind;
  readonly round: number;
  readonly value: Value;
  readonly power: number;
}

/** Tallies for a block with more than a third of the power, latest rounds first. */
function supportedTallies({ votes, setting }: CoreState): TallyPlace[] {
  return [...votes.rounds.keys()]
    .toSorted((a, b) => b - a)
    .flatMap((round) =>
      VOTE_KINDS.flatMap((kind) => {
        const tally = tallyOf(votes, kind, round);
        return valuesOf(tally).map((value) => ({ kind, round, value, power: powerFor(tally, value) }));
      }),
    )
    .filter(({ power }) => isSupport(power, setting.totalPower));
}

/**
 * Tallies that the bitmaps of the round do not complete: where an equivocator's other vote may be missing, and
 * the proof of lock of the round's proposal (arXiv:1807.04938 L28).
 */
function wantedTallies(core: CoreState): readonly TallyPlace[] {
  const { setting, votes, round } = core;
  const proofs = proposalsOf(core, round)
    .filter(({ polRound }) => polRound >= 0)
    .map(({ polRound, value }): TallyPlace => {
      const power = powerFor(tallyOf(votes, 'prevote', polRound), value);
      return { kind: 'prevote', round: polRound, value, power };
    });
  const all = [...proofs, ...supportedTallies(core)].filter(
    ({ power }) => !isQuorum(power, setting.totalPower),
  );
  const key = ({ kind, round: at, value }: TallyPlace) => `${kind}:${at}:${value}`;
  return [...new Map(all.map((place) => [key(place), place])).values()].slice(0, WANTED_TALLIES_MAX);
}

/** True when the peer has something that this node lacks: it finalised the height, or knows more of it. */
export function isAhead(state: RoundState, { height, book }: HeightContext, core: CoreState): boolean {
  if (state.height !== height) return state.height === height + 1;
  if (state.round > core.round) return true;
  const isMore = (theirs: Bitmap, ours: Bitmap) => ours.some((has, index) => !has && theirs[index] === true);
  const lacksProposal = neededProposal(core) !== undefined && state.needsProposal === undefined;
  return (
    (lacksProposal && state.round === core.round) ||
    isMore(state.prevotes, book.bitmap('prevote', state.round)) ||
    isMore(state.precommits, book.bitmap('precommit', state.round))
  );
}

/** What a peer in the same height lacks and is here, but for what is on its way already. */
export function completionFor(
  state: RoundState,
  { book, set }: HeightContext,
  core: CoreState,
  nowMs: number,
): Completion {
  const size = set.validators.length;
  const chosen = new Set<SignedVote>();
  const offer = (kept: KeptVote | undefined): void => {
    if (kept === undefined || nowMs - kept.atMs < RELAY_GRACE_MS || chosen.size >= RELAY_VOTES_MAX) return;
    chosen.add(kept.vote);
  };
  const offerRound = (kind: VoteKind, round: number, has: Bitmap): void => {
    for (let index = 0; index < size; index++)
      if (has[index] !== true) offer(book.votesAt(kind, round, index)[0]);
  };
  for (const { kind, round, blockHash, has } of state.wanted) {
    const value = toHex(blockHash);
    for (let index = 0; index < size; index++) {
      if (has[index] !== true) offer(book.voteFor(kind, round, index, value));
    }
  }
  offerRound('precommit', state.round, state.precommits);
  offerRound('prevote', state.round, state.prevotes);
  if (core.round > state.round) {
    // The votes of a later round bring the peer there (L55).
    offerRound('precommit', core.round, []);
    offerRound('prevote', core.round, []);
  }
  return { votes: [...chosen], proposal: proposalFor(state, book, nowMs) };
}

/** What finalised the height before for a peer that is still in it: the commit's precommits and the proposal. */
export function completionOfFinal(
  state: RoundState,
  commit: Commit,
  book: HeightBook | undefined,
  nowMs: number,
): Completion {
  const { height, round, blockHash } = commit;
  const wanted = state.wanted.find((tally) => isFor(tally, commit));
  const has = wanted?.has ?? (state.round === round ? state.precommits : []);
  const votes: SignedVote[] = [];
  for (const [validatorIndex, signature] of commit.signatures.entries()) {
    if (signature === undefined || has[validatorIndex] === true || votes.length >= RELAY_VOTES_MAX) continue;
    votes.push({ body: { kind: 'precommit', height, round, blockHash }, validatorIndex, signature });
  }
  const needed = state.needsProposal;
  const kept = needed === undefined ? undefined : book?.proposalFor(toHex(blockHash), round);
  const isOld = kept !== undefined && nowMs - kept.atMs >= RELAY_GRACE_MS;
  return { votes, proposal: isOld ? kept.proposal : undefined };
}

function isFor(tally: WantedTally, commit: Commit): boolean {
  return (
    tally.kind === 'precommit' &&
    tally.round === commit.round &&
    equalBytes(tally.blockHash, commit.blockHash)
  );
}

function proposalFor(state: RoundState, book: HeightBook, nowMs: number): SignedProposal | undefined {
  const needed = state.needsProposal;
  if (needed === undefined) return undefined;
  const kept =
    needed.blockHash === undefined
      ? book.proposalsOf(needed.round)[0]
      : book.proposalFor(toHex(needed.blockHash), needed.round);
  return kept !== undefined && nowMs - kept.atMs >= RELAY_GRACE_MS ? kept.proposal : undefined;
}
