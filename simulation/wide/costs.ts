/**
 * What a validator's work costs its one thread, in milliseconds: figures of `npm run bench -- --micro`, one over
 * the rate, measured on a virtual machine with two x86-64 cores under Node.js 24.
 */
export interface Costs {
  /** `transaction: verify signatures (libsodium, one thread)`: 18,883/s. */
  readonly verifyMs: number;
  /** `transaction: encode and sign transfers`: 33,584/s. */
  readonly signMs: number;
  /** `consensus: take votes of 500 validators, signatures not counted`: 52,624/s. */
  readonly takeVoteMs: number;
  /** Half of `network: carry votes over loopback, a piece each, both ends`: 11,110/s. */
  readonly pieceMs: number;
  /**
   * What the bytes of a piece add. `network: carry proposals of 40,000 bytes over loopback, both ends` takes 3.2
   * times as long as the one above.
   */
  readonly byteMs: number;
  /**
   * `consensus: read proposals with the commit of 500 validators`: 1,738/s. Decoding and hashing the commit is
   * nearly all of it, so it counts by the signature.
   */
  readonly readProposalMsPerValidator: number;
  /** `consensus: make and answer round states of 500 validators`: 9,983/s, by the validator; half of it each. */
  readonly roundStateMsPerValidator: number;
  /**
   * `ledger: execute and commit transfers over 50,000 accounts (memory engine)` (9,719/s), by the transfer of a
   * block; half of it when it is executed, half when it is committed.
   */
  readonly executeMs: number;
  /** `transaction: decode transfers` (84,067/s) and `mempool: admit verified transfers in batches of 500` (36,701/s). */
  readonly admitMs: number;
  /** `block: validate and finalise executed transfers (memory engine)`: 52,434/s, halved in the same way. */
  readonly blockMs: number;
  /** A synced write. Not a benchmark: a network disk of a cloud. It holds the writer up, and not the thread. */
  readonly syncMs: number;
}

export const COSTS: Costs = {
  verifyMs: 1 / 18.883,
  signMs: 1 / 33.584,
  takeVoteMs: 1 / 52.624,
  pieceMs: 0.5 / 11.11,
  byteMs: (0.5 / 11.11) * (2.2 / 40_000),
  readProposalMsPerValidator: 1 / 1.738 / 500,
  roundStateMsPerValidator: 0.5 / 9.983 / 500,
  executeMs: 1 / 9.719,
  admitMs: 1 / 84.067 + 1 / 36.701,
  blockMs: 1 / 52.434,
  syncMs: 2,
};

/** Bytes beside the messages, for the piece that one tick sends to one peer. */
export const FRAME_BYTES = 4;
/** Yamux header, and the record of TLS 1.3 (header, content type, tag). */
export const PIECE_BYTES = 12 + 22;
/** IPv4 and TCP headers with timestamps. */
export const PACKET_BYTES = 52;
export const SEGMENT_BYTES = 1_448;
/** Segments of the initial window of TCP (RFC 6928), to which Linux comes back on a connection that was idle. */
const INITIAL_WINDOW = 10;

/** A piece of `payload` bytes (messages with their frames) as it goes over the wire. */
export function onTheWire(payload: number): { segments: number; bytes: number } {
  const bytes = payload + PIECE_BYTES;
  const segments = Math.ceil(bytes / SEGMENT_BYTES);
  return { segments, bytes: bytes + segments * PACKET_BYTES };
}

/** Round trips that a piece waits for acknowledgements: the window doubles with each (RFC 5681, slow start). */
export function slowStartRoundTrips(segments: number): number {
  return Math.max(0, Math.ceil(Math.log2(segments / INITIAL_WINDOW + 1)) - 1);
}
