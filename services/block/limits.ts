/** Version of the block rules that this software speaks. */
export const BLOCK_VERSION = 1;

/** UTF-8 bytes of a chain id in a header. */
export const CHAIN_ID_BYTES_MAX = 64;

/** Validators that a commit has room for; the ledger's own bound is lower or the same. */
export const COMMIT_VALIDATORS_MAX = 10_000;

/** Encoded bytes of a header: fixed members, nine hashes, the chain id. */
export const HEADER_BYTES_MAX = 512;

/** Encoded bytes of a commit: one signature a validator, their bits, fixed members and offsets. */
export const COMMIT_BYTES_MAX = COMMIT_VALIDATORS_MAX * 64 + COMMIT_VALIDATORS_MAX / 8 + 128;

/** Evidence in a block: items, and bytes of all of them. */
export const BLOCK_EVIDENCE_MAX = 64;
export const BLOCK_EVIDENCE_BYTES_MAX = 512 * 1024;

/** Bytes of one piece of evidence, not more than a block holds: an attack with some 4,000 signatures and their set. */
export const EVIDENCE_BYTES_MAX = 512 * 1024;

/** Rounds are 31-bit, so that a proof-of-lock round plus one fits 32 bits. */
export const ROUND_MAX = 2 ** 31 - 1;

/** Hard bound on the transactions of a block, whatever the ledger's parameters say. */
export const BLOCK_TRANSACTIONS_MAX = 65_536;

/** Bytes of one transaction in a block. */
export const BLOCK_TRANSACTION_BYTES_MAX = 64 * 1024;

/** Hard bound on an encoded block, whatever the ledger's parameters say: 32 MiB. */
export const BLOCK_BYTES_MAX = 32 * 1024 * 1024;

/** A run of final blocks ends with the one that brings it to so many changed entries of the state, or transactions. */
export const RUN_ENTRIES_MAX = 50_000;
export const RUN_TRANSACTIONS_MAX = 10_000;

/** Executed blocks held between `validate` and `finalise`: the rounds of one height rarely see more. */
export const EXECUTIONS_CACHED_MAX = 4;

/** Transactions, and as many receipts, that share one stored value: what one point read decodes. */
export const CHUNK_ITEMS = 64;
/** Values with a block's own events at most: some for every registered validator, and for what matures. */
export const EVENT_CHUNKS_MAX = 2_048;

/** Values from this size on are compressed. */
export const COMPRESS_BYTES_MIN = 1024;

/** Largest page that a query returns. */
export const PAGE_ITEMS_MAX = 100;

/**
 * Bounds and pace of block sync. Relations: a request waits longer than the hedge; a tick is the shortest.
 */
export interface SyncLimits {
  /** Blocks of one request. */
  readonly rangeBlocks: number;
  /** Bytes that a response aims at; it holds one block even when that is larger. */
  readonly responseBytes: number;
  /** Heights ahead of the tip that are requested or held. */
  readonly windowBlocks: number;
  /** Bytes of blocks held and awaited; the next block after the tip is fetched whatever is held. */
  readonly bufferBytes: number;
  /** Blocks that are made final at once while far behind; 1 makes each final alone, and every state root with it. */
  readonly runBlocks: number;
  /** The last heights before the target, which are made final one by one. */
  readonly runTail: number;
  readonly requestsPerPeer: number;
  readonly requestTimeoutMs: number;
  /** The block after the tip is asked of a second peer after this wait. */
  readonly hedgeMs: number;
  /** A node that is one block behind leaves it to consensus for this long. */
  readonly graceMs: number;
  /** Without a final block for this long, consensus is let go on. */
  readonly stallMs: number;
  readonly tickMs: number;
  /** How long a peer that failed is left alone; doubles with each failure in a row, six times at most. */
  readonly restMs: number;
  /** How long the claims of a peer that lied count for nothing; doubles likewise. */
  readonly distrustMs: number;
  /** Least time between two status messages to all. */
  readonly statusIntervalMs: number;
  /** Status is repeated after this quiet time, should one have been lost. */
  readonly statusRepeatMs: number;
  /** Requests of peers answered at once. */
  readonly servedMax: number;
}

export const SYNC_LIMITS: SyncLimits = {
  rangeBlocks: 32,
  responseBytes: 4 * 1024 * 1024,
  windowBlocks: 256,
  bufferBytes: 32 * 1024 * 1024,
  runBlocks: 32,
  runTail: 4,
  requestsPerPeer: 2,
  requestTimeoutMs: 10_000,
  hedgeMs: 1_000,
  graceMs: 250,
  stallMs: 2_000,
  tickMs: 100,
  restMs: 500,
  distrustMs: 30_000,
  statusIntervalMs: 50,
  statusRepeatMs: 5_000,
  servedMax: 8,
};

/** Blocks of one response, whatever is asked. */
export const RANGE_BLOCKS_MAX = 128;

/** Most bytes of one block with its commit in a response. */
export const RANGE_BYTES_MAX = BLOCK_BYTES_MAX + COMMIT_BYTES_MAX + 8 * 1024 * 1024;

/** Final blocks at hand in memory, and the transactions in them. */
export const RECENT_BLOCKS_MAX = 16;
export const RECENT_TRANSACTIONS_MAX = 20_000;

/** Snapshots that a node offers its peers. */
export const SNAPSHOTS_LISTED_MAX = 4;

/** Peers whose failed offers are remembered by a node that joins. */
export const OFFERING_PEERS_MAX = 1_024;

/** Headers with their commits in one answer, and the bytes beyond which no further one is added. */
export const HEADERS_MAX = 256;
export const HEADERS_ANSWER_BYTES = 512 * 1024;

/** What joining nodes are served of snapshots and light blocks. */
export const SERVE_LIMITS = {
  concurrentMax: 4,
  bytesPerSecond: 16 * 1024 * 1024,
  burstBytes: 64 * 1024 * 1024,
  /** What a request costs beyond its answer. */
  requestCostBytes: 1024,
  peersMax: 1_024,
} as const;

/** Bounds and pace of state sync. */
export interface StateSyncLimits {
  /** How long peers are asked what they have before the best is taken. */
  readonly discoveryMs: number;
  /** Without a snapshot that can be verified for this long, state sync gives up. */
  readonly giveUpMs: number;
  /** For the list of a peer's snapshots. It is small, and one peer must not use up the time of all. */
  readonly manifestTimeoutMs: number;
  readonly requestsPerPeer: number;
  readonly requestTimeoutMs: number;
  /** Failures of a peer in a row after which it is asked no more. */
  readonly failuresMax: number;
  /**
   * Within this time a snapshot brings `progressBytes` of verified entries more, or its rest: who gives every chunk just
   * in time, of a snapshot cut as finely as can be, would hold a node up for days.
   */
  readonly progressMs: number;
  readonly progressBytes: number;
  readonly pollMs: number;
}

export const STATE_SYNC_LIMITS: StateSyncLimits = {
  discoveryMs: 3_000,
  giveUpMs: 60_000,
  manifestTimeoutMs: 3_000,
  requestsPerPeer: 2,
  requestTimeoutMs: 15_000,
  failuresMax: 3,
  progressMs: 120_000,
  progressBytes: 1024 * 1024,
  pollMs: 500,
};

/** Bounds and pace of the backfill. */
export interface BackfillLimits {
  /** Headers of one request, of which one is under way at a time. */
  readonly headersPerRequest: number;
  readonly requestTimeoutMs: number;
  /** Rest after each answer: the node has better things to do. */
  readonly paceMs: number;
  /** How often is looked whether the node is free, and a peer to be asked. */
  readonly pollMs: number;
  /** As in block sync. */
  readonly restMs: number;
  readonly distrustMs: number;
}

export const BACKFILL_LIMITS: BackfillLimits = {
  headersPerRequest: HEADERS_MAX,
  requestTimeoutMs: 15_000,
  paceMs: 100,
  pollMs: 1_000,
  restMs: 1_000,
  distrustMs: 30_000,
};
