import type { Value } from './types.ts';

/** Nil in the keys of a tally. */
const NIL: Value = '';

/** The votes of one kind in one round. Immutable; `addToTally` gives the next. */
export interface Tally {
  /** By validator index: the values voted for, the first one first. More than one is equivocation. */
  readonly choices: readonly (readonly Value[] | undefined)[];
  /** Power by value. An equivocator counts once for each value it voted for, as in the paper's message sets. */
  readonly powers: ReadonlyMap<Value, number>;
  /** Power of all validators that voted, each once. */
  readonly total: number;
}

export const emptyTally: Tally = { choices: [], powers: new Map(), total: 0 };

/** More than two thirds of the power. Exact: powers are at most 2^48. */
export function isQuorum(power: number, totalPower: number): boolean {
  return power * 3 > totalPower * 2;
}

/** More than one third of the power: at least one correct validator is in it. */
export function isSupport(power: number, totalPower: number): boolean {
  return power * 3 > totalPower;
}

export function powerFor(tally: Tally, value: Value | undefined): number {
  return tally.powers.get(value ?? NIL) ?? 0;
}

/** Values (nil excluded) that have at least one vote, in order of their first vote. */
export function valuesOf(tally: Tally): Value[] {
  return [...tally.powers.keys()].filter((value) => value !== NIL);
}

/** True when the validator voted for this very value. */
export function hasVoteFor(tally: Tally, validator: number, value: Value | undefined): boolean {
  return tally.choices[validator]?.includes(value ?? NIL) ?? false;
}

/** True when the validator voted for anything. */
export function hasVoted(tally: Tally, validator: number): boolean {
  return tally.choices[validator] !== undefined;
}

/** The validator's first vote; call only when `hasVoted`. */
export function firstChoice(tally: Tally, validator: number): Value | undefined {
  const first = tally.choices[validator]?.[0];
  return first === undefined || first === NIL ? undefined : first;
}

/** The tally with one more vote, which must not be in it yet. */
export function addToTally(tally: Tally, validator: number, value: Value | undefined, power: number): Tally {
  const key = value ?? NIL;
  const before = tally.choices[validator];
  const choices = [...tally.choices];
  while (choices.length < validator) choices.push(undefined);
  choices[validator] = before === undefined ? [key] : [...before, key];
  const powers = new Map(tally.powers);
  powers.set(key, (powers.get(key) ?? 0) + power);
  return { choices, powers, total: before === undefined ? tally.total + power : tally.total };
}
