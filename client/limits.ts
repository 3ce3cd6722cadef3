/** Bounds of the light client. */

/** Headers fetched on the way to one target: a chain that changes its validators slowly needs a few. */
export const FETCHES_MAX = 512;
/** Headers that a walk back by parent hashes may take. */
export const BACKWARD_MAX = 10_000;
/** Verified headers kept by the store in memory; the lowest stays, the oldest after it go first. */
export const STORED_BLOCKS_MAX = 1_000;
/** Bytes of an answer that a node may give: a set of 10,000 validators with their signatures fits. */
export const ANSWER_BYTES_MAX = 4 * 2 ** 20;
export const ANSWER_TIMEOUT_MS = 10_000;
/** Nodes of a pool that must not object to what one of them says. */
export const POOL_WITNESSES_MAX = 4;
/** Largest denominator of a trust level: with powers up to 2^48 products stay exact. */
export const TRUST_DENOMINATOR_MAX = 32;
