import type { VoteKind } from '#services/block';
import { ROUNDS_AHEAD_MAX } from '../limits.ts';
import {
  addToTally,
  emptyTally,
  firstChoice,
  hasVoted,
  hasVoteFor,
  isSupport,
  powerFor,
  type Tally,
} from './tally.ts';
import type { CoreVote, HeightSetting, Value } from './types.ts';

interface RoundVotes {
  readonly prevote: Tally;
  readonly precommit: Tally;
}

/**
 * All votes of a height. CONS-6, CONS-7: memory is bounded: rounds up to `ROUNDS_AHEAD_MAX` ahead hold one vote a validator and
 * kind (more only for values that a proposer of the height signed), and of later rounds only the highest that
 * each validator reached is remembered.
 */
export interface VoteKeeper {
  readonly rounds: ReadonlyMap<number, RoundVotes>;
  /** By validator index: the highest round in which it was seen voting, -1 when none. */
  readonly reached: readonly number[];
}

export type VoteOutcome =
  | { readonly kind: 'added' }
  /** Counted, and contradicts an earlier vote of the same validator, kind and round. */
  | { readonly kind: 'conflict'; readonly first: Value | undefined; readonly counted: boolean }
  | { readonly kind: 'duplicate' }
  /** Too far ahead to be kept; the round that the validator reached is remembered. */
  | { readonly kind: 'far' };

export const emptyKeeper: VoteKeeper = { rounds: new Map(), reached: [] };

export function tallyOf(keeper: VoteKeeper, kind: VoteKind, round: number): Tally {
  return keeper.rounds.get(round)?.[kind] ?? emptyTally;
}

/**
 * Counts a vote.
 *
 * A second, different vote of a validator in one place counts only for a value that `isProposed`, which keeps
 * the paper's rule that sets of messages count, without letting one validator fill the memory.
 */
export function addVote(
  keeper: VoteKeeper,
  setting: HeightSetting,
  currentRound: number,
  vote: CoreVote,
  isProposed: (value: Value) => boolean,
): { keeper: VoteKeeper; outcome: VoteOutcome } {
  const power = setting.powers[vote.validator];
  if (power === undefined) return { keeper, outcome: { kind: 'duplicate' } };
  const reached = raiseReached(keeper.reached, vote);
  if (vote.round > currentRound + ROUNDS_AHEAD_MAX) {
    return { keeper: { ...keeper, reached }, outcome: { kind: 'far' } };
  }
  const tally = tallyOf(keeper, vote.kind, vote.round);
  if (hasVoteFor(tally, vote.validator, vote.value)) return { keeper, outcome: { kind: 'duplicate' } };
  let outcome: VoteOutcome = { kind: 'added' };
  if (hasVoted(tally, vote.validator)) {
    const counted = vote.value === undefined || isProposed(vote.value);
    outcome = { kind: 'conflict', first: firstChoice(tally, vote.validator), counted };
    if (!counted) return { keeper, outcome };
  }
  const before = keeper.rounds.get(vote.round) ?? { prevote: emptyTally, precommit: emptyTally };
  const after = { ...before, [vote.kind]: addToTally(tally, vote.validator, vote.value, power) };
  const rounds = new Map(keeper.rounds).set(vote.round, after);
  return { keeper: { rounds, reached }, outcome };
}

/**
 * The highest round which more than a third of the power has reached, or -1. At least one correct validator
 * is there (arXiv:1807.04938 L55, taken over rounds from r on rather than r alone, so that a node that was
 * away catches up at once whatever rounds the others are spread over).
 */
export function supportedRound(keeper: VoteKeeper, setting: HeightSetting): number {
  const byRound = keeper.reached
    .map((round, validator) => ({ round, power: setting.powers[validator] ?? 0 }))
    .toSorted((a, b) => b.round - a.round);
  let power = 0;
  for (const entry of byRound) {
    power += entry.power;
    if (isSupport(power, setting.totalPower)) return entry.round;
  }
  return -1;
}

/** True when more than a third of the power voted for the value, by either kind, in the round. */
export function isSupportedValue(
  keeper: VoteKeeper,
  setting: HeightSetting,
  round: number,
  value: Value,
): boolean {
  return (['prevote', 'precommit'] as const).some((kind) =>
    isSupport(powerFor(tallyOf(keeper, kind, round), value), setting.totalPower),
  );
}

function raiseReached(reached: readonly number[], vote: CoreVote): readonly number[] {
  if ((reached[vote.validator] ?? -1) >= vote.round) return reached;
  const raised = [...reached];
  while (raised.length < vote.validator) raised.push(-1);
  raised[vote.validator] = vote.round;
  return raised;
}
