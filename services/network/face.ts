import type { Clock, CodedError, Logger, Random, Scheduler } from '#kernel';
import type { NetworkLimits } from './limits.ts';
import type { OpenLibp2p } from './open-libp2p.ts';

/** A peer's libp2p identity as text. */
export type PeerId = string;

/** Long-lived one-way message streams, in the order in which they are served. */
export const CHANNELS = ['consensus', 'status', 'evidence', 'transactions'] as const;
export type Channel = (typeof CHANNELS)[number];

/** What a peer did wrong. */
export type Offence = 'malformed' | 'invalid' | 'flood' | 'timeout' | 'useless';

export interface PeerInfo {
  readonly id: PeerId;
  /** Multiaddr of the connection. */
  readonly address: string;
  readonly direction: 'inbound' | 'outbound';
  readonly role: string;
  readonly agent: string;
  /** Height that the peer claimed last. */
  readonly height: number;
  /** From 100 down; at 0 the peer is dropped and refused for a while. */
  readonly score: number;
  /** Unix milliseconds. */
  readonly connectedAtMs: number;
  readonly latencyMs?: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** What each side says first. Peers of different chains or versions part, both knowing why. */
export interface Hello {
  readonly protocolVersion: number;
  readonly chainId: string;
  readonly genesisHash: Uint8Array;
  readonly role: string;
  readonly agent: string;
  readonly height: number;
}

export interface RequestOptions {
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  readonly signal?: AbortSignal;
}

export interface PeerEvent {
  readonly kind: 'connected' | 'disconnected';
  readonly peer: PeerId;
  readonly reason?: string;
}

/** A handshake that was completed, whether the two nodes stay together or part. */
export interface GreetingEvent {
  /** Proven by the connection. */
  readonly peer: PeerId;
  /** What the peer says of itself. */
  readonly hello: Hello;
  /** Why this node parts; undefined when it stays. */
  readonly refusal: CodedError | undefined;
}

/** What the protocol contexts see of the network: it carries bytes. */
export interface Transport {
  readonly self: PeerId;
  peers(): readonly PeerInfo[];
  /** Queues a message for one peer; false when its queue is full or it is gone. Never blocks, never grows. */
  send(peer: PeerId, channel: Channel, message: Uint8Array): boolean;
  /** Queues for all peers but one; returns how many queues took it. */
  broadcast(channel: Channel, message: Uint8Array, except?: PeerId): number;
  /** The one handler of a channel; messages of a peer come in the order in which it sent them. */
  onMessage(channel: Channel, handler: (peer: PeerId, message: Uint8Array) => void): void;
  /**
   * One request and its response, on a stream of its own.
   *
   * @throws `network.peer-gone`, `network.request-timeout`, `network.response-too-large`,
   *   `network.request-refused`, `network.request-failed`
   */
  request(peer: PeerId, protocol: string, body: Uint8Array, options: RequestOptions): Promise<Uint8Array>;
  /** The one handler of a protocol. Requests beyond `maxConcurrent` are refused, with a word. */
  onRequest(
    protocol: string,
    options: { maxRequestBytes: number; maxConcurrent: number },
    handler: (peer: PeerId, body: Uint8Array) => Promise<Uint8Array>,
  ): void;
  /** Returns the unsubscriber. */
  onPeer(listener: (event: PeerEvent) => void): () => void;
  /** Lowers a peer's score. */
  report(peer: PeerId, offence: Offence, reason: string): void;
}

export interface NetworkInit {
  /** Multiaddrs to listen on, TCP. */
  readonly listen: readonly string[];
  /** Peers to stay connected to: multiaddrs with `/p2p/ID`; what is malformed throws `network.malformed-address`. */
  readonly peers: readonly string[];
  /** 32-byte Ed25519 seed of the transport identity. */
  readonly privateKey: Uint8Array;
  /** Made anew for every handshake, so that it holds the current height. */
  readonly hello: () => Hello;
  /** When not empty: only these peers may connect. */
  readonly allow?: readonly PeerId[];
  readonly limits?: Partial<NetworkLimits>;
}

export interface NetworkComponents {
  readonly clock: Clock;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** What carries connections and streams, in place of libp2p over TCP. */
  readonly openLibp2p?: OpenLibp2p;
}

export interface NetworkStatistics {
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Bytes that wait in the queues of all peers now. */
  readonly bytesQueued: number;
  /** Messages that a full queue did not take, by channel. */
  readonly dropped: Readonly<Record<Channel, number>>;
  readonly offences: number;
  readonly bans: number;
  /** Handshakes that ended in parting. */
  readonly refused: number;
}

export interface Network extends Transport {
  /** @throws `network.listen-failed` */
  start(): Promise<void>;
  /** Sends what is queued for a short time, then closes everything. */
  stop(): Promise<void>;
  /** Full multiaddrs, with `/p2p/ID`. */
  addresses(): string[];
  /** Notes the height that a peer claims. */
  setPeerHeight(peer: PeerId, height: number): void;
  statistics(): NetworkStatistics;
  /** Returns the unsubscriber. */
  onGreeting(listener: (event: GreetingEvent) => void): () => void;
}
