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
export const LABEL_BYTES_MAX = 64;
export const RECEIPT_EVENTS_MAX = 512;
/** Bytes of a key and of a value in a chunk; the largest value is the proposer rotation of 10,000 validators. */
export const STATE_KEY_BYTES_MAX = 255;
export const STATE_VALUE_BYTES_MAX = 256 * 1024;
/** Bytes of entries that a chunk is filled up to. Part of the protocol: nodes that agree on it make equal chunks. */
export const CHUNK_TARGET_BYTES = 1024 * 1024;
/** Encoded bytes of a chunk: the target, one entry beyond it, offsets and siblings. */
export const CHUNK_BYTES_MAX = 2 * 1024 * 1024;
export const CHUNK_ENTRIES_MAX = 65_536;
/** Bytes that an entry counts for beyond its key and value: its offsets. */
export const CHUNK_ENTRY_OVERHEAD = 12;
/** Depth of a chunk's subtree; key hashes are even, so 2^60 chunks are beyond reach. */
export const CHUNK_DEPTH_MAX = 60;
export const SNAPSHOT_CHUNKS_MAX = 65_536;
/** Entries of an unfinished restore removed in one step. */
export const RESTORE_DELETES = 10_000;
