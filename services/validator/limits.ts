/**
 * Sum of the voting power of a set at most. Priorities of the proposer rotation stay within a few times this,
 * far from 2^53, where numbers stop being exact.
 */
export const TOTAL_POWER_MAX = 2 ** 48;

/** Validators in a set at most. */
export const VALIDATORS_MAX = 10_000;
