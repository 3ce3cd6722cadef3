import { toHex, type Cancellable } from '#kernel';
import type { WebSocket } from 'ws';
import { gatewayError } from '../errors.ts';
import { isLoopback } from '../http/rate-limit.ts';
import { jsonValue } from '../json/json-value.ts';
import { LIMITS } from '../limits.ts';
import type { GatewayComponents } from '../ports.ts';
import { FeedSource } from './feed-source.ts';
import { StreamSession } from './session.ts';
import { CLOSE, StreamClient, type ClientLimits } from './stream-client.ts';
import type { LocalTopic } from './topics.ts';

/** All streams: who is connected, and what reaches them. */
export class StreamHub {
  readonly #components: GatewayComponents;
  readonly #limits: ClientLimits;
  readonly #sessions = new Map<WebSocket, StreamSession>();
  readonly #feeds: FeedSource;
  readonly #unsubscribe: (() => void)[] = [];
  #pinger: Cancellable | undefined;
  #isClosing = false;

  constructor(components: GatewayComponents, limits: ClientLimits) {
    this.#components = components;
    this.#limits = limits;
    const bounds = { recentMax: LIMITS.streamRecentBlocksMax, readsMax: LIMITS.streamReplayReadsMax };
    this.#feeds = new FeedSource(components.chain, bounds);
    const { chain, consensus, mempool, peers } = components;
    this.#unsubscribe.push(
      chain.onFinalised((event) => {
        if (this.#sessions.size === 0) return;
        this.#feeds.add(event);
        for (const session of this.#sessions.values()) session.wake();
      }),
      mempool.onDropped(({ hash }, error) => {
        if (this.#sessions.size === 0) return;
        const id = toHex(hash);
        for (const session of this.#sessions.values()) session.dropped(id, error);
      }),
      consensus.onEvent((event) => this.#tell('consensus', event)),
      peers.onPeer((event) => this.#tell('network', event)),
    );
  }

  get clients(): number {
    return this.#sessions.size;
  }

  /** @throws `gateway.too-many-streams` when there is no room for one more of `address` */
  assertRoom(address: string): void {
    const details = { retryAfterSeconds: 10 };
    if (this.#isClosing || this.#sessions.size >= LIMITS.streamClientsMax) {
      const message = `${this.#sessions.size} streams are open; try later or another node`;
      throw gatewayError('too-many-streams', message, details);
    }
    if (isLoopback(address)) return;
    let own = 0;
    for (const { client } of this.#sessions.values()) if (client.address === address) own++;
    if (own >= LIMITS.streamClientsPerAddressMax) {
      const message = `${own} streams of this address are open; close one, one stream takes many subscriptions`;
      throw gatewayError('too-many-streams', message, details);
    }
  }

  /** Takes a connected socket in. */
  join(socket: WebSocket, address: string): StreamSession {
    const { chain, clock, logger, scheduler } = this.#components;
    const client = new StreamClient(socket, address, { clock, scheduler }, this.#limits);
    const session = new StreamSession(client, {
      chain,
      feeds: this.#feeds,
      onFailure: (error) => logger.error({ error }, 'a stream failed'),
    });
    this.#sessions.set(socket, session);
    socket.once('close', () => this.#leave(socket, session));
    socket.on('message', (data, isBinary) => {
      if (!isBinary && data instanceof Buffer) return session.take(data.toString('utf8'));
      client.sendError(gatewayError('malformed-message', 'messages are JSON text, not binary'));
    });
    this.#pinger ??= this.#schedulePing();
    return session;
  }

  #leave(socket: WebSocket, session: StreamSession): void {
    this.#sessions.delete(socket);
    session.end();
    if (this.#sessions.size > 0) return;
    this.#feeds.clear();
    this.#pinger?.cancel();
    this.#pinger = undefined;
  }

  #schedulePing(): Cancellable {
    return this.#components.scheduler.after(LIMITS.streamPingMs, () => {
      for (const { client } of this.#sessions.values()) client.checkAlive();
      this.#pinger = this.#schedulePing();
    });
  }

  #tell(topic: LocalTopic, event: object): void {
    let message: Buffer | undefined;
    for (const session of this.#sessions.values()) {
      if (!session.follows(topic)) continue;
      message ??= Buffer.from(JSON.stringify({ topic, cursor: null, data: jsonValue(event) }));
      session.client.send(message);
    }
  }

  /** Tells every client that the node goes away; ends when all are gone. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    const closed = [...this.#sessions].map(
      ([socket, { client }]) =>
        new Promise<void>((resolve) => {
          socket.once('close', () => resolve());
          client.close(CLOSE.goingAway, 'the node stops');
        }),
    );
    await Promise.all(closed);
    this.#pinger?.cancel();
  }
}
