import { compareBytes, toHex } from '#kernel';
import { BASIS_POINTS } from '../arithmetic.ts';

/** A validator that is in the set, or that may come into it. */
export interface Candidate {
  readonly operator: Uint8Array;
  /** Power in the set that is in force; 0 for none. */
  readonly current: number;
  /** Power that its stake gives; 0 when it may not be in the set. */
  readonly deserved: number;
  /** What it is ranked by: its stake, weighed by reputation where the parameters say so. */
  readonly rank: bigint;
  /** Who leaves first when not all may: the tombstoned (0), the jailed (1), all others (2). */
  readonly leaving: number;
}

/** Bounds on a set and on its changes. */
export interface SelectionBounds {
  readonly maxValidators: number;
  /** Basis points of the power in force; `BASIS_POINTS` for no bound. */
  readonly maxChurnBasisPoints: number;
}

/**
 * EPOCH-2, EPOCH-3: the next set: the `maxValidators` of the highest rank, ties by operator. No more power than the
 * bound leaves, and no more comes; what is beyond it follows in the next epochs, so that whoever trusts a set knows
 * more than two thirds of the next.
 *
 * @returns powers by operator in hex, positive ones alone; those in force when the set would be empty
 */
export function selectValidators(
  candidates: readonly Candidate[],
  { maxValidators, maxChurnBasisPoints }: SelectionBounds,
): ReadonlyMap<string, number> {
  const ranked = candidates.toSorted(byRank);
  const chosen = new Set(ranked.filter(({ deserved }) => deserved > 0).slice(0, maxValidators));
  const wanted = (candidate: Candidate): number => (chosen.has(candidate) ? candidate.deserved : 0);
  const inForce = ranked.filter(({ current }) => current > 0);
  const total = inForce.reduce((sum, { current }) => sum + current, 0);
  const powers = new Map(inForce.map(({ operator, current }) => [toHex(operator), current]));
  // The first set, of a genesis, has none before it whose trust it would need.
  const isFree = total === 0 || maxChurnBasisPoints >= BASIS_POINTS;
  const bound = isFree ? Infinity : Math.max(1, churnOf(total, maxChurnBasisPoints));
  let left = bound;
  for (const candidate of inForce.toSorted((a, b) => a.leaving - b.leaving || byRank(b, a))) {
    const change = Math.min(left, Math.max(0, candidate.current - wanted(candidate)));
    left -= change;
    if (change > 0) setPower(powers, candidate, candidate.current - change);
  }
  left = bound;
  for (const candidate of ranked) {
    if (candidate.current === 0 && powers.size >= maxValidators) continue;
    const change = Math.min(left, Math.max(0, wanted(candidate) - candidate.current));
    left -= change;
    if (change > 0) setPower(powers, candidate, candidate.current + change);
  }
  if (powers.size > 0) return powers;
  return new Map(inForce.map(({ operator, current }) => [toHex(operator), current]));
}

/**
 * EPOCH-3: after how many decisions two thirds of a large power have left by the bound, when nobody comes: the bound is
 * a part of what is in force, so each decision lets less go than the one before. Who holds more than two thirds decides
 * alone, and nobody could punish it.
 *
 * @param maxChurnBasisPoints from 1
 */
export function decisionsToLeave(maxChurnBasisPoints: number): number {
  let decisions = 1;
  const stays = 1 - maxChurnBasisPoints / BASIS_POINTS;
  for (let left = stays; left > 1 / 3; left *= stays) decisions += 1;
  return decisions;
}

function byRank(a: Candidate, b: Candidate): number {
  if (a.rank !== b.rank) return a.rank > b.rank ? -1 : 1;
  return compareBytes(a.operator, b.operator);
}

/** The product of a power and basis points is beyond 2^53. */
function churnOf(total: number, basisPoints: number): number {
  return Number((BigInt(total) * BigInt(basisPoints)) / BigInt(BASIS_POINTS));
}

function setPower(powers: Map<string, number>, { operator }: Candidate, power: number): void {
  if (power > 0) powers.set(toHex(operator), power);
  else powers.delete(toHex(operator));
}
