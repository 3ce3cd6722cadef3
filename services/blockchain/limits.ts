/** Bounds of the blockchain context. */

/** Accounts kept in memory. */
export const ACCOUNT_CACHE_MAX = 200_000;
/** Tree nodes kept in memory; beyond it the deeper ones are read from the engine again. */
export const TREE_NODES_MAX = 400_000;
/** Transactions between two looks at the clock. */
export const SLICE_TRANSACTIONS = 256;
/** Keys of stale nodes in one record. */
export const STALE_KEYS_PER_RECORD = 1_000;
/** Records of stale nodes, and roots, removed in one step of pruning. */
export const PRUNE_RECORDS_MAX = 5;
/** Attestations of one digest that an answer holds. */
export const ATTESTATIONS_MAX = 1_000;
/** Depth of the binary tree: bits of a key hash. */
export const TREE_DEPTH_MAX = 256;
export const VALIDATORS_MAX = 10_000;
export const NAME_BYTES_MAX = 128;
export const LABEL_BYTES_MAX = 64;
export const RECEIPT_EVENTS_MAX = 512;
