/** Every bound of the edge. Sizes in bytes, times in milliseconds. */
export const LIMITS = {
  /** Body of any request that has no larger limit of its own. */
  bodyBytesMax: 64 * 1024,
  /** Body of a submission. */
  submissionBytesMax: 4 * 2 ** 20,
  /** Transactions in one submission. */
  submissionCountMax: 5_000,
  /** Transactions of all submissions that wait for their verdict at once. */
  submissionsInFlightMax: 40_000,
  /** Body of a genesis document to validate. */
  genesisBytesMax: 64 * 2 ** 20,
  /** Body with evidence: more than the encoding allows. */
  evidenceBytesMax: 640 * 1024,
  headerBytesMax: 16 * 1024,
  /** Time in which a request must have arrived. */
  requestTimeoutMs: 60_000,
  /** Time in which an idle connection is kept. */
  keepAliveTimeoutMs: 72_000,
  /** Time that requests under way have to end when the app closes. */
  closeMs: 5_000,
  pageItemsMax: 100,
  pageItemsDefault: 20,
  /** Longest `wait` of a long poll. */
  waitMsMax: 30_000,
  /** Long polls at once. */
  waitersMax: 4_096,
  /** Dropped transactions whose reason is remembered. */
  droppedRememberedMax: 4_096,
  /** Transactions of a block in one page. */
  blockTransactionsPageMax: 1_000,

  /** Token bucket of an address beyond loopback. */
  ratePerSecond: 200,
  rateBurst: 400,
  /** Addresses that have a bucket; beyond it the one unused for longest loses its own. */
  rateAddressesMax: 10_000,

  streamClientsMax: 512,
  /** Streams of one address beyond loopback. */
  streamClientsPerAddressMax: 16,
  streamSubscriptionsMax: 100,
  /** A message of a client. */
  streamMessageBytesMax: 4 * 1024,
  /** Messages of a client in a second. */
  streamMessagesPerSecond: 20,
  streamMessagesBurst: 200,
  /** Bytes that wait for a client before the next are made only when these have left. */
  streamQueueBytesHigh: 256 * 1024,
  /** Bytes that wait for a client at most. */
  streamQueueBytesMax: 4 * 2 ** 20,
  /** Time in which a client must read something when bytes wait for it. */
  streamStallMs: 15_000,
  /** Messages sent to a client in one go, before other work has its turn. */
  streamSlice: 256,
  /** Final blocks kept at hand for the streams. */
  streamRecentBlocksMax: 4,
  /** Heights that a cursor may lie behind the tip. */
  streamReplayHeightsMax: 10_000,
  /** Heights that a cursor may lie ahead of the tip: it may be of a node that was faster. */
  streamCursorAheadMax: 100,
  /** Blocks read for replays at once. */
  streamReplayReadsMax: 4,
  streamPingMs: 20_000,
  /** Time that a client has to answer a close. */
  streamCloseMs: 2_000,
  /** Time that a slow client has to read that it is closed, and why. */
  streamSlowCloseMs: 10_000,
} as const;

/** The bounds that an operator may set; the others are fixed. */
export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}
