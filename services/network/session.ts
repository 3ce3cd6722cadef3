import type { Connection, Stream } from '@libp2p/interface';
import type { Clock, Logger, Scheduler } from '#kernel';
import { CHANNELS, type Channel, type Hello, type PeerInfo, type Offence, type PeerId } from './face.ts';
import { InboundChannel } from './inbound-channel.ts';
import { PEER_CONNECTIONS_MAX, type NetworkLimits } from './limits.ts';
import { OutboundChannel } from './outbound-channel.ts';

export function channelProtocol(channel: Channel): string {
  return `/bizra/channel/${channel}/1`;
}

export interface SessionOptions {
  readonly peer: PeerId;
  readonly self: PeerId;
  readonly limits: NetworkLimits;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly deliver: (channel: Channel, message: Uint8Array) => void;
  readonly offend: (offence: Offence, reason: string) => void;
}

/** A peer that has shaken hands: its connections, queues and streams. */
export class PeerSession {
  readonly peer: PeerId;
  readonly connectedAtMs: number;
  readonly #options: SessionOptions;
  readonly #outbound: ReadonlyMap<Channel, OutboundChannel>;
  readonly #inbound: ReadonlyMap<Channel, InboundChannel>;
  /** In the order in which they came. */
  readonly #connections: Connection[] = [];
  #hello: Hello | undefined;
  height = 0;
  messagesIn = 0;
  bytesIn = 0;

  constructor(options: SessionOptions) {
    const { limits, clock, scheduler } = options;
    this.peer = options.peer;
    this.#options = options;
    this.connectedAtMs = clock.now();
    const outbound = (channel: Channel): OutboundChannel =>
      new OutboundChannel({
        protocol: channelProtocol(channel),
        limits: {
          queueMessagesMax: limits.queueMessagesMax,
          queueBytesMax: limits.queueBytesMax[channel],
          stallTimeoutMs: limits.stallTimeoutMs,
        },
        scheduler,
        onFailure: (error) => this.#failed(channel, error),
      });
    const inbound = (channel: Channel): InboundChannel =>
      new InboundChannel({
        messageBytesMax: limits.messageBytesMax[channel],
        messagesPerSecond: limits.messagesPerSecond[channel],
        bytesPerSecond: limits.bytesPerSecond[channel],
        clock,
        deliver: (message) => options.deliver(channel, message),
        offend: options.offend,
        count: (messages, bytes) => {
          this.messagesIn += messages;
          this.bytesIn += bytes;
        },
      });
    this.#outbound = new Map(CHANNELS.map((channel) => [channel, outbound(channel)]));
    this.#inbound = new Map(CHANNELS.map((channel) => [channel, inbound(channel)]));
  }

  /** The connection in use: the newest of those that the smaller peer id dialled, else the newest. */
  get connection(): Connection | undefined {
    return this.#connections.findLast((each) => this.#isPreferred(each)) ?? this.#connections.at(-1);
  }

  /**
   * Takes another connection of the peer. When both sides dial at once there are two: both sides use the same
   * one. When there are too many, the oldest goes that is not in use: it may be dead without a sign, while the
   * newest is of a peer that runs.
   */
  add(connection: Connection, hello: Hello): void {
    this.#hello = hello;
    this.height = Math.max(this.height, hello.height);
    const before = this.connection;
    this.#connections.push(connection);
    this.#switch();
    this.#dropExcess();
    const spare = this.connection === connection ? before : connection;
    // One side closes the other, when what is under way on it has had time to end.
    if (spare !== undefined && this.#options.self < this.peer) {
      this.#options.scheduler.after(this.#options.limits.handshakeTimeoutMs, () => {
        if (this.has(spare) && spare !== this.connection) void spare.close().catch(() => {});
      });
    }
  }

  /** Forgets a connection; true while another is left. */
  remove(connection: Connection): boolean {
    const index = this.#connections.indexOf(connection);
    if (index >= 0) this.#connections.splice(index, 1);
    this.#switch();
    return this.#connections.length > 0;
  }

  /** What others see of the peer. */
  info(score: number): PeerInfo {
    const { connection } = this;
    return {
      id: this.peer,
      address: connection?.remoteAddr.toString() ?? '',
      direction: connection?.direction ?? 'inbound',
      role: this.#hello?.role ?? '',
      agent: this.#hello?.agent ?? '',
      height: this.height,
      score: Math.round(score),
      connectedAtMs: this.connectedAtMs,
      ...(connection?.rtt === undefined ? {} : { latencyMs: connection.rtt }),
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut,
    };
  }

  has(connection: Connection): boolean {
    return this.#connections.includes(connection);
  }

  send(channel: Channel, message: Uint8Array): boolean {
    if (message.length > this.#options.limits.messageBytesMax[channel]) return false;
    return this.#outbound.get(channel)?.enqueue(message) ?? false;
  }

  receive(channel: Channel, stream: Stream): void {
    this.#inbound.get(channel)?.read(stream);
  }

  get isFlushed(): boolean {
    return [...this.#outbound.values()].every((channel) => channel.isEmpty);
  }

  get messagesOut(): number {
    return [...this.#outbound.values()].reduce((sum, channel) => sum + channel.messagesOut, 0);
  }

  get bytesOut(): number {
    return [...this.#outbound.values()].reduce((sum, channel) => sum + channel.bytesOut, 0);
  }

  get bytesQueued(): number {
    return [...this.#outbound.values()].reduce((sum, channel) => sum + channel.bytesQueued, 0);
  }

  close(reason: Error): void {
    for (const channel of this.#outbound.values()) channel.close();
    for (const channel of this.#inbound.values()) channel.close();
    for (const connection of this.#connections.splice(0)) connection.abort(reason);
  }

  #isPreferred({ direction }: Connection): boolean {
    return (direction === 'outbound') === this.#options.self < this.peer;
  }

  #dropExcess(): void {
    if (this.#connections.length <= PEER_CONNECTIONS_MAX) return;
    const index = this.#connections.findIndex((each) => each !== this.connection);
    // Forgotten before it ends: its end is not that of the session.
    for (const oldest of this.#connections.splice(index, 1))
      oldest.abort(new Error('the peer has too many connections'));
  }

  #switch(): void {
    const { connection } = this;
    if (connection !== undefined) for (const channel of this.#outbound.values()) channel.use(connection);
  }

  #failed(channel: Channel, error: unknown): void {
    this.#options.logger.debug(
      { error, peer: this.peer, channel },
      'a channel failed; its connection is closed',
    );
    // The peer is gone or stuck: a fresh connection is made by whoever dials.
    this.connection?.abort(error instanceof Error ? error : new Error(String(error)));
  }
}

type Counts = { messagesIn: number; messagesOut: number; bytesIn: number; bytesOut: number };

export function addCounts(sums: Counts, session: Readonly<Counts>): void {
  sums.messagesIn += session.messagesIn;
  sums.messagesOut += session.messagesOut;
  sums.bytesIn += session.bytesIn;
  sums.bytesOut += session.bytesOut;
}
