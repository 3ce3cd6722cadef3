import type { Channel, Offence } from './face.ts';

/** Bounds of the network. Sizes in bytes, times in milliseconds. */
export interface NetworkLimits {
  /** Room for each other validator of a set of 500, and for full nodes: votes go to each by a stream of its own. */
  readonly maxPeers: number;
  /** A message on a channel. */
  readonly messageBytesMax: Readonly<Record<Channel, number>>;
  /** Messages and bytes that wait for one peer on a channel. */
  readonly queueMessagesMax: number;
  readonly queueBytesMax: Readonly<Record<Channel, number>>;
  /** Sustained messages and bytes a second of one peer on a channel; ten seconds' worth may come at once. */
  readonly messagesPerSecond: Readonly<Record<Channel, number>>;
  readonly bytesPerSecond: Readonly<Record<Channel, number>>;
  /** Time in which a handshake must be done. */
  readonly handshakeTimeoutMs: number;
  /** Time in which a peer must take something of what waits for it. */
  readonly stallTimeoutMs: number;
  readonly redialMinMs: number;
  readonly redialMaxMs: number;
  /** Pause before a peer of another chain is dialled again. */
  readonly refusedRedialMs: number;
  readonly banMs: number;
  readonly scoreMax: number;
  readonly offenceCost: Readonly<Record<Offence, number>>;
  /** Score regained a second. */
  readonly scoreRecoveryPerSecond: number;
}

export const DEFAULT_LIMITS: NetworkLimits = {
  maxPeers: 600,
  messageBytesMax: {
    consensus: 2 * 2 ** 20,
    status: 4 * 2 ** 10,
    evidence: 640 * 2 ** 10,
    transactions: 256 * 2 ** 10,
  },
  queueMessagesMax: 20_000,
  queueBytesMax: {
    consensus: 16 * 2 ** 20,
    status: 256 * 2 ** 10,
    evidence: 2 * 2 ** 20,
    transactions: 8 * 2 ** 20,
  },
  messagesPerSecond: { consensus: 20_000, status: 200, evidence: 20, transactions: 2_000 },
  bytesPerSecond: {
    consensus: 32 * 2 ** 20,
    status: 256 * 2 ** 10,
    evidence: 2 ** 20,
    transactions: 32 * 2 ** 20,
  },
  handshakeTimeoutMs: 5_000,
  stallTimeoutMs: 30_000,
  redialMinMs: 200,
  redialMaxMs: 5_000,
  refusedRedialMs: 60_000,
  banMs: 60_000,
  scoreMax: 100,
  offenceCost: { malformed: 40, invalid: 20, flood: 10, timeout: 2, useless: 2 },
  scoreRecoveryPerSecond: 0.5,
};

/** Bytes given to a stream at once: many small messages go as one. */
export const CORK_BYTES = 128 * 1024;
/** Hello in its encoding. */
export const HELLO_BYTES_MAX = 512;
/** Streams that a peer may have open at once for one request protocol. */
export const REQUEST_STREAMS_MAX = 32;
/** Banned peers and scores remembered. */
export const REMEMBERED_PEERS_MAX = 4_096;
/** Time that queued messages have to leave at a stop. */
export const FLUSH_MS = 200;
/**
 * Connections of one peer, and as many that wait for their hello. Two nodes that dial at once have two; the others
 * are for connections that died without a sign.
 */
export const PEER_CONNECTIONS_MAX = 4;
/** Connections that may wait for their handshake at once. */
export const PENDING_CONNECTIONS_MAX = 100;
