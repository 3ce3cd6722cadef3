import { emptyKeeper, tallyOf, type VoteKeeper } from './vote-keeper.ts';
import type { CoreEffect, CoreProposal, HeightSetting, Step, Value } from './types.ts';

export type Validity = 'pending' | 'valid' | 'invalid';

/** The core's state in one height: the variables of arXiv:1807.04938 algorithm 1 and the messages received. */
export interface CoreState {
  readonly setting: HeightSetting;
  readonly round: number;
  readonly step: Step;
  readonly lockedValue: Value | undefined;
  readonly lockedRound: number;
  readonly validValue: Value | undefined;
  readonly validRound: number;
  /** By round, in order of arrival; a correct proposer makes one. */
  readonly proposals: ReadonlyMap<number, readonly CoreProposal[]>;
  /** What the application said of each proposed value. */
  readonly validity: ReadonlyMap<Value, Validity>;
  readonly votes: VoteKeeper;
  /** Rules that fire once a round and have fired, as `rule:round`. */
  readonly fired: ReadonlySet<string>;
}

/** A state under change inside one step: members are replaced, never altered in place. */
export interface Draft {
  state: CoreState;
  readonly effects: CoreEffect[];
}

/** The state before the first round of a height. */
export function freshState(setting: HeightSetting): CoreState {
  return {
    setting,
    round: 0,
    step: 'waiting',
    lockedValue: undefined,
    lockedRound: -1,
    validValue: undefined,
    validRound: -1,
    proposals: new Map(),
    validity: new Map(),
    votes: emptyKeeper,
    fired: new Set(),
  };
}

/** A state of no height: it takes only `start-height`. */
export const idleState: CoreState = {
  ...freshState({ height: -1, powers: [], totalPower: 0, self: undefined, proposerOf: () => 0 }),
  step: 'decided',
};

export function change(draft: Draft, members: Partial<CoreState>): void {
  draft.state = { ...draft.state, ...members };
}

/** Marks a once-a-round rule as fired; false when it had fired before. */
export function fireOnce(draft: Draft, rule: string, round: number): boolean {
  const mark = `${rule}:${round}`;
  if (draft.state.fired.has(mark)) return false;
  change(draft, { fired: new Set(draft.state.fired).add(mark) });
  return true;
}

export function proposalsOf(state: CoreState, round: number): readonly CoreProposal[] {
  return state.proposals.get(round) ?? [];
}

export function isProposed(state: CoreState, value: Value): boolean {
  return state.validity.has(value);
}

/** Power that voted in the current round, for status. */
export function powerTotals({ votes, round, setting }: CoreState): {
  prevotePower: number;
  precommitPower: number;
  totalPower: number;
} {
  return {
    prevotePower: tallyOf(votes, 'prevote', round).total,
    precommitPower: tallyOf(votes, 'precommit', round).total,
    totalPower: setting.totalPower,
  };
}
