/** Bounds of the transaction context. Sizes in bytes, times in milliseconds. */

/** Encoded signed transaction. */
export const TRANSACTION_BYTES_MAX = 64 * 1024;
/** Encoded payload: 256 outputs take 9 KiB. */
export const PAYLOAD_BYTES_MAX = 16 * 1024;
export const CHAIN_ID_BYTES_MAX = 50;
export const TRANSFER_OUTPUTS_MAX = 256;
export const LABEL_BYTES_MAX = 64;
/** A validator's name, and each other text of its identity. */
export const NAME_BYTES_MAX = 128;
export const IDENTITY_TEXT_BYTES_MAX = 512;
/** Heights that `validUntil` may lie ahead: bounds how long a signed transaction can come back. */
export const VALID_HEIGHTS_MAX = 100_000;

/** Ids of final transactions that the mempool remembers, so that late gossip of them costs nothing. */
export const RECENT_FINAL_MAX = 100_000;
/** A replacement pays at least this much more, in percent. */
export const REPLACEMENT_PERCENT = 10;

/** Frame on the transactions channel. */
export const GOSSIP_FRAME_BYTES_MAX = 128 * 1024;
/** Transactions or ids that wait for the next frame. */
export const GOSSIP_QUEUE_MAX = 20_000;
/** Time in which own transactions are collected for one frame when none went out lately. */
export const GOSSIP_DELAY_MS = 4;
/** Least time between two frames of own transactions to a peer: under load, frames grow instead of multiplying. */
export const GOSSIP_INTERVAL_MS = 50;
/** Time after which the id of a peer's transaction is passed on, if it still waits: most are final by then. */
export const GOSSIP_PASS_ON_MS = 150;
/** Time after which an own transaction that still waits is announced again: what was sent may be lost. */
export const REMIND_AFTER_MS = 5_000;
/** Peers that get the bytes at once; the others get ids and ask for what they lack. */
export const GOSSIP_PUSH_PEERS = 8;
/** Announced ids that are not known here, remembered until they come or are fetched. */
export const ANNOUNCED_MAX = 50_000;
/** Of them those that are here because of one peer. */
export const ANNOUNCED_PER_PEER_MAX = 10_000;
/** Peers remembered for each: when one does not have it after all, the next is asked. */
export const ANNOUNCERS_MAX = 3;
/** Time that an announced transaction has to come by itself before it is fetched. */
export const ANNOUNCED_GRACE_MS = 200;
/** Transactions of one peer that wait to be judged; more are dropped. */
export const INCOMING_TRANSACTIONS_MAX = 10_000;
/** Bytes of them: a count alone would let one peer take hundreds of megabytes. */
export const INCOMING_BYTES_MAX = 8 * 2 ** 20;
/** Transactions of one peer that are judged together. */
export const INCOMING_BATCH_MAX = 1_000;

/** Times in a row that a fetch waits for what peers sent already and is not judged yet. */
export const FETCH_PUT_OFF_MAX = 5;

/** Ids in one fetch. */
export const FETCH_IDS_MAX = 1_000;
export const FETCH_RESPONSE_BYTES_MAX = 4 * 2 ** 20;
export const FETCH_TIMEOUT_MS = 2_000;
export const FETCH_CONCURRENT_MAX = 16;

/** Size of the journal from which on it is rewritten with what still waits. */
export const JOURNAL_BYTES_COMPACT = 8 * 2 ** 20;
