/**
 * Sum of the voting power of a set at most. Priorities of the proposer rotation stay within a few times this,
 * far from 2^53, where numbers stop being exact.
 */
export const TOTAL_POWER_MAX = 2 ** 48;

/** Validators in a set at most, and registered validators at most. */
export const VALIDATORS_MAX = 10_000;

/** Bytes of a validator's name, and of each other text of its identity. */
export const NAME_BYTES_MAX = 128;
export const IDENTITY_TEXT_BYTES_MAX = 512;

/** Unbonding entries that a delegator has at a validator at once, and redelegation entries between two validators. */
export const ENTRIES_MAX = 7;
/** Redelegation entries out of one validator that can still be slashed: what a slash has to walk over. */
export const REDELEGATIONS_OUT_MAX = 2_000;
/** Entries that mature in one block; the others wait for the next. */
export const MATURING_MAX = 1_000;
/** Blocks of the window of signed blocks at most: a bit each. */
export const SIGNED_BLOCKS_WINDOW_MAX = 16_384;
/** Rounds of a height whose missed proposals are held against their proposers. */
export const TURNS_KEPT = 4;
/** Epochs of which performance and reputation stay in the state. */
export const HISTORY_EPOCHS = 1_024;
