import { invariant, toHex } from '#kernel';
import type { Validator, ValidatorSet } from './validator-set.ts';

/** Weighted round-robin state: one signed priority a validator, in the order of the set. */
export interface ProposerRotation {
  readonly priorities: readonly number[];
}

/** Priorities are scaled so that they never spread over more than this many times the total power. */
const SPREAD_FACTOR = 2;

/**
 * Weighted round robin as specified for Tendermint: each turn every validator's priority grows by its power,
 * the largest priority proposes and pays the total power. Over any `totalPower` turns a validator proposes in
 * proportion to its power.
 *
 * @see https://docs.cometbft.com/v0.38/spec/consensus/proposer-selection
 */
export function initialRotation(set: ValidatorSet): ProposerRotation {
  return { priorities: set.validators.map(() => 0) };
}

/** Who proposes in a round of the height that the rotation stands at; the rotation does not change. */
export function proposerAt(set: ValidatorSet, rotation: ProposerRotation, round: number): Validator {
  invariant(rotation.priorities.length === set.validators.length, 'the rotation fits the validator set');
  let turn = takeTurn(set, rotation.priorities);
  // The sequence repeats after at most `totalPower` turns; rounds are few and each costs one pass.
  for (let i = 0; i < round; i++) turn = takeTurn(set, turn.priorities);
  return set.validators[turn.proposer] as Validator;
}

/** The rotation of the next height with the same set. */
export function advanceRotation(set: ValidatorSet, rotation: ProposerRotation): ProposerRotation {
  return { priorities: takeTurn(set, rotation.priorities).priorities };
}

/**
 * The rotation for a changed set: who stays keeps its priority, who is new starts behind everybody (at -1.125
 * of the total power), so that leaving and joining again gains no turn.
 */
export function rotationFor(
  set: ValidatorSet,
  before: ValidatorSet,
  rotation: ProposerRotation,
): ProposerRotation {
  const known = new Map(
    before.validators.map(({ address }, i) => [toHex(address), rotation.priorities[i] ?? 0]),
  );
  const newcomer = -(set.totalPower + Math.floor(set.totalPower / 8));
  const priorities = set.validators.map(({ address }) => known.get(toHex(address)) ?? newcomer);
  return { priorities: centred(scaled(priorities, set.totalPower)) };
}

function takeTurn(
  set: ValidatorSet,
  before: readonly number[],
): { readonly priorities: readonly number[]; readonly proposer: number } {
  const priorities = centred(scaled(before, set.totalPower)).map(
    (priority, i) => priority + (set.validators[i]?.power ?? 0),
  );
  let proposer = 0;
  for (const [i, priority] of priorities.entries()) {
    // Ties go to the earlier in the order of the set.
    if (priority > (priorities[proposer] as number)) proposer = i;
  }
  priorities[proposer] = (priorities[proposer] as number) - set.totalPower;
  return { priorities, proposer };
}

/** Divides priorities so that largest and smallest differ by at most twice the total power. */
function scaled(priorities: readonly number[], totalPower: number): number[] {
  const spread = Math.max(...priorities) - Math.min(...priorities);
  const ratio = Math.ceil(spread / (SPREAD_FACTOR * totalPower));
  return ratio > 1 ? priorities.map((priority) => Math.trunc(priority / ratio)) : [...priorities];
}

/** Shifts priorities so that they average about zero. */
function centred(priorities: readonly number[]): number[] {
  // The sum of up to 10,000 priorities below 2^50 is not exact in a number.
  let sum = 0n;
  for (const priority of priorities) sum += BigInt(priority);
  const average = Number(sum / BigInt(priorities.length));
  return priorities.map((priority) => priority - average);
}

/** Who is to propose in the first `rounds` rounds: places in the set. */
export function turnsOf(set: ValidatorSet, rotation: ProposerRotation, rounds: number): number[] {
  const turns: number[] = [];
  let { priorities } = rotation;
  for (let round = 0; round < rounds; round++) {
    const turn = takeTurn(set, priorities);
    turns.push(turn.proposer);
    priorities = turn.priorities;
  }
  return turns;
}
