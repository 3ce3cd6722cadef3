/** Version of the block rules that this software speaks. */
export const BLOCK_VERSION = 1;

/** UTF-8 bytes of a chain id in a header. */
export const CHAIN_ID_BYTES_MAX = 64;

/** Validators that a commit has room for; the ledger's own bound is lower or the same. */
export const COMMIT_VALIDATORS_MAX = 1024;

/** Encoded bytes of a header: fixed members, eight hashes, the chain id. */
export const HEADER_BYTES_MAX = 512;

/** Encoded bytes of a commit: one signature a validator, their bits, fixed members and offsets. */
export const COMMIT_BYTES_MAX = COMMIT_VALIDATORS_MAX * 64 + COMMIT_VALIDATORS_MAX / 8 + 128;

/** Rounds are 31-bit, so that a proof-of-lock round plus one fits 32 bits. */
export const ROUND_MAX = 2 ** 31 - 1;

/** Hard bound on the transactions of a block, whatever the ledger's parameters say. */
export const BLOCK_TRANSACTIONS_MAX = 65_536;

/** Bytes of one transaction in a block. */
export const BLOCK_TRANSACTION_BYTES_MAX = 64 * 1024;

/** Hard bound on an encoded block, whatever the ledger's parameters say: 32 MiB. */
export const BLOCK_BYTES_MAX = 32 * 1024 * 1024;

/** Executed blocks held between `validate` and `finalise`: the rounds of one height rarely see more. */
export const EXECUTIONS_CACHED_MAX = 4;

/** Transactions, and as many receipts, that share one stored value: what one point read decodes. */
export const CHUNK_ITEMS = 64;

/** Values from this size on are compressed. */
export const COMPRESS_BYTES_MIN = 1024;

/** Largest page that a query returns. */
export const PAGE_ITEMS_MAX = 100;
