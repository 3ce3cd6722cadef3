import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import type { Connection, Ed25519PrivateKey, Libp2p, Stream } from '@libp2p/interface';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import type { CodedError } from '#kernel';
import { Dialler, type DialTarget } from './dialler.ts';
import { requireDialTarget } from './peer-address.ts';
import { networkError } from './errors.ts';
import {
  CHANNELS,
  type Channel,
  type GreetingEvent,
  type Hello,
  type Network,
  type NetworkComponents,
  type NetworkInit,
  type NetworkStatistics,
  type Offence,
  type PeerEvent,
  type PeerId,
  type PeerInfo,
  type RequestOptions,
} from './face.ts';
import { Greetings } from './greetings.ts';
import { HELLO_PROTOCOL, answerGreeting, greet } from './handshake.ts';
import { mismatch } from './hello.ts';
import { DEFAULT_LIMITS, FLUSH_MS, REQUEST_STREAMS_MAX, type NetworkLimits } from './limits.ts';
import { Listeners } from './listeners.ts';
import { openLibp2p } from './open-libp2p.ts';
import { deadline } from './stream-io.ts';
import { RequestServer, sendRequest } from './requests.ts';
import { PeerScores } from './scores.ts';
import { PeerSession, addCounts, channelProtocol } from './session.ts';

/** Makes the network of a node; the identity derives from the key at once, nothing listens before `start`. */
export async function createNetwork(init: NetworkInit, components: NetworkComponents): Promise<Network> {
  const key = await generateKeyPairFromSeed('Ed25519', init.privateKey);
  return new Libp2pNetwork(init, components, key);
}

/** The peer id of a transport key's 32-byte seed. */
export async function peerIdOfSeed(seed: Uint8Array): Promise<PeerId> {
  return peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', seed)).toString();
}

class Libp2pNetwork implements Network {
  readonly self: PeerId;
  readonly #init: NetworkInit;
  readonly #components: NetworkComponents;
  readonly #limits: NetworkLimits;
  readonly #key: Ed25519PrivateKey;
  readonly #scores: PeerScores;
  readonly #sessions = new Map<PeerId, PeerSession>();
  readonly #greetings = new Greetings();
  readonly #handlers = new Map<Channel, (peer: PeerId, message: Uint8Array) => void>();
  readonly #servers = new Map<string, RequestServer>();
  readonly #listeners: Listeners<PeerEvent>;
  readonly #greetingListeners: Listeners<GreetingEvent>;
  readonly #loggedRefusals = new Set<string>();
  readonly #configured: ReadonlySet<PeerId>;
  readonly #dialler: Dialler;
  #node: Libp2p | undefined;
  #refused = 0;
  #dropped: Record<Channel, number> = { consensus: 0, status: 0, evidence: 0, transactions: 0 };
  /** Counts of sessions that ended. */
  #past = { messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0 };

  constructor(init: NetworkInit, components: NetworkComponents, key: Ed25519PrivateKey) {
    this.#init = init;
    this.#components = components;
    this.#limits = { ...DEFAULT_LIMITS, ...init.limits };
    this.#key = key;
    this.#listeners = new Listeners(components.logger);
    this.#greetingListeners = new Listeners(components.logger);
    this.self = peerIdFromPrivateKey(key).toString();
    this.#scores = new PeerScores(this.#limits, components.clock);
    const targets = init.peers.map(requireDialTarget).filter(({ peer }) => peer !== this.self);
    this.#configured = new Set(targets.map(({ peer }) => peer));
    this.#dialler = new Dialler(targets, {
      self: this.self,
      limits: this.#limits,
      scheduler: components.scheduler,
      random: components.random,
      logger: components.logger,
      isConnected: (peer) => this.#sessions.has(peer),
      isBanned: (peer) => this.#scores.isBanned(peer),
      dial: (target) => this.#dial(target),
    });
  }

  async start(): Promise<void> {
    this.#node = await (this.#components.openLibp2p ?? openLibp2p)({
      key: this.#key,
      listen: this.#init.listen,
      maxPeers: this.#limits.maxPeers,
      isRefused: (peer) => this.#isRefused(peer),
    });
    await this.#register(this.#node);
    this.#dialler.start();
  }

  async #register(node: Libp2p): Promise<void> {
    node.addEventListener('connection:open', ({ detail }) => this.#opened(detail));
    node.addEventListener('connection:close', ({ detail }) => this.#closed(detail, 'the connection closed'));
    await node.handle(HELLO_PROTOCOL, (stream, connection) => void this.#answer(stream, connection), {
      maxInboundStreams: 1,
    });
    for (const channel of CHANNELS) {
      await node.handle(
        channelProtocol(channel),
        (stream, connection) => void this.#accept(channel, stream, connection),
        {
          maxInboundStreams: 2,
          maxOutboundStreams: 2,
        },
      );
    }
    for (const protocol of this.#servers.keys()) await this.#handleRequests(node, protocol);
  }

  async stop(): Promise<void> {
    this.#dialler.stop();
    const sessions = [...this.#sessions.values()];
    for (
      let waitedMs = 0;
      waitedMs < FLUSH_MS && sessions.some(({ isFlushed }) => !isFlushed);
      waitedMs += 10
    ) {
      await new Promise<void>((resolve) => {
        this.#components.scheduler.after(10, resolve);
      });
    }
    for (const session of sessions) this.#end(session, 'this node stops');
    await this.#node?.stop();
    this.#node = undefined;
  }

  addresses(): string[] {
    return this.#node?.getMultiaddrs().map(String) ?? [];
  }

  peers(): readonly PeerInfo[] {
    return [...this.#sessions.values()].map((session) => session.info(this.#scores.score(session.peer)));
  }

  send(peer: PeerId, channel: Channel, message: Uint8Array): boolean {
    const taken = this.#sessions.get(peer)?.send(channel, message) ?? false;
    if (!taken) this.#dropped[channel]++;
    return taken;
  }

  broadcast(channel: Channel, message: Uint8Array, except?: PeerId): number {
    let taken = 0;
    for (const peer of this.#sessions.keys())
      if (peer !== except && this.send(peer, channel, message)) taken++;
    return taken;
  }

  onMessage(channel: Channel, handler: (peer: PeerId, message: Uint8Array) => void): void {
    this.#handlers.set(channel, handler);
  }

  async request(
    peer: PeerId,
    protocol: string,
    body: Uint8Array,
    options: RequestOptions,
  ): Promise<Uint8Array> {
    const session = this.#sessions.get(peer);
    if (session === undefined) throw networkError('peer-gone', `the peer ${peer} is not connected`, { peer });
    return sendRequest(session, protocol, body, options, this.#components.scheduler);
  }

  onRequest(
    protocol: string,
    limits: { maxRequestBytes: number; maxConcurrent: number },
    handler: (peer: PeerId, body: Uint8Array) => Promise<Uint8Array>,
  ): void {
    const { scheduler, logger } = this.#components;
    const onMalformed = (peer: PeerId, reason: string): void => this.report(peer, 'malformed', reason);
    this.#servers.set(
      protocol,
      new RequestServer({ protocol, limits, handler, scheduler, logger, onMalformed }),
    );
    if (this.#node !== undefined) void this.#handleRequests(this.#node, protocol);
  }

  async #handleRequests(node: Libp2p, protocol: string): Promise<void> {
    const handle = (stream: Stream, connection: Connection): void => {
      void this.#afterGreeting(stream, connection, (session) =>
        this.#servers.get(protocol)?.serve(session.peer, stream),
      );
    };
    await node.handle(protocol, handle, {
      maxInboundStreams: REQUEST_STREAMS_MAX,
      maxOutboundStreams: REQUEST_STREAMS_MAX,
      force: true,
    });
  }

  onPeer(listener: (event: PeerEvent) => void): () => void {
    return this.#listeners.add(listener);
  }

  onGreeting(listener: (event: GreetingEvent) => void): () => void {
    return this.#greetingListeners.add(listener);
  }

  report(peer: PeerId, offence: Offence, reason: string): void {
    const drop = this.#scores.report(peer, offence);
    this.#components.logger.warn(
      { peer, offence, reason, score: this.#scores.score(peer), banned: drop },
      'a peer misbehaved',
    );
    if (!drop) return;
    const session = this.#sessions.get(peer);
    if (session !== undefined) this.#end(session, `banned: ${reason}`);
  }

  setPeerHeight(peer: PeerId, height: number): void {
    const session = this.#sessions.get(peer);
    if (session !== undefined) session.height = height;
  }

  statistics(): NetworkStatistics {
    const sums = { ...this.#past };
    const sessions = [...this.#sessions.values()];
    for (const session of sessions) addCounts(sums, session);
    const bytesQueued = sessions.reduce((sum, session) => sum + session.bytesQueued, 0);
    const { offences, bans } = this.#scores;
    return { ...sums, bytesQueued, dropped: { ...this.#dropped }, offences, bans, refused: this.#refused };
  }

  #isRefused(peer: PeerId): boolean {
    const { allow } = this.#init;
    const isAllowed = allow === undefined || allow.length === 0 || allow.includes(peer);
    return peer === this.self || !isAllowed || this.#scores.isBanned(peer);
  }

  async #dial({ peer, address }: DialTarget): Promise<void> {
    const node = this.#node;
    if (node === undefined) return;
    const late = () => networkError('handshake-failed', 'the peer does not answer', { peer });
    const { signal, done } = deadline(this.#components.scheduler, this.#limits.handshakeTimeoutMs, late);
    try {
      const connection = await node.dial(address, { signal });
      await this.#greetings.over(connection);
    } finally {
      done();
    }
    const refusal = this.#refusals.get(peer);
    if (refusal !== undefined && !this.#sessions.has(peer)) throw refusal;
  }

  /** Why the last handshake with a configured peer ended in parting. */
  readonly #refusals = new Map<PeerId, CodedError>();

  /** The dialler of a connection greets; the other side waits for it, but not for ever. */
  #opened(connection: Connection): void {
    if (!this.#greetings.begin(connection)) {
      connection.abort(networkError('handshake-failed', 'the peer has too many connections without a hello'));
      return;
    }
    if (connection.direction === 'outbound') {
      void this.#shakeHands(connection, (hello) => greet(connection, hello, this.#handshakeOptions()));
      return;
    }
    this.#components.scheduler.after(this.#limits.handshakeTimeoutMs, () => {
      if (!this.#greetings.has(connection)) return;
      this.#greetings.end(connection);
      connection.abort(networkError('handshake-failed', 'the peer did not say hello'));
    });
  }

  async #answer(stream: Stream, connection: Connection): Promise<void> {
    if (connection.direction === 'outbound' || !this.#greetings.has(connection)) {
      stream.abort(new Error('a hello that was not expected'));
      return;
    }
    await this.#shakeHands(connection, (hello) => answerGreeting(stream, hello, this.#handshakeOptions()));
  }

  #handshakeOptions() {
    return { scheduler: this.#components.scheduler, timeoutMs: this.#limits.handshakeTimeoutMs };
  }

  async #shakeHands(connection: Connection, exchange: (hello: Hello) => Promise<Hello>): Promise<void> {
    const peer = connection.remotePeer.toString();
    const own = this.#init.hello();
    try {
      const hello = await exchange(own);
      const refusal = mismatch(own, hello) ?? this.#noPlace(peer);
      if (refusal === undefined) {
        this.#refusals.delete(peer);
        this.#welcome(peer, connection, hello);
      } else this.#part(peer, connection, refusal);
      this.#greetingListeners.tell({ peer, hello, refusal });
    } catch (error) {
      this.#components.logger.debug({ error, peer }, 'a handshake failed');
      connection.abort(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#greetings.end(connection);
    }
  }

  #noPlace(peer: PeerId): CodedError | undefined {
    if (this.#sessions.has(peer) || this.#sessions.size < this.#limits.maxPeers) return undefined;
    return networkError('not-allowed', `this node has ${this.#limits.maxPeers} peers already`, {
      maxPeers: this.#limits.maxPeers,
    });
  }

  /** Parts with a peer that is of another chain; says so once. */
  #part(peer: PeerId, connection: Connection, refusal: CodedError): void {
    this.#refused++;
    // Of these alone: anybody may come with any number of identities.
    if (this.#configured.has(peer)) this.#refusals.set(peer, refusal);
    const key = `${peer} ${refusal.code}`;
    const level = this.#loggedRefusals.has(key) ? 'debug' : 'warn';
    if (this.#loggedRefusals.size < 1024) this.#loggedRefusals.add(key);
    this.#components.logger[level]({ peer, code: refusal.code, ...refusal.details }, refusal.message);
    // A moment for the answer to leave, so that the other side learns the reason as well.
    this.#components.scheduler.after(
      100,
      () => void connection.close().catch(() => connection.abort(refusal)),
    );
  }

  #welcome(peer: PeerId, connection: Connection, hello: Hello): void {
    if (connection.status !== 'open') return;
    const known = this.#sessions.get(peer);
    const session = known ?? this.#newSession(peer);
    session.add(connection, hello);
    if (known !== undefined) return;
    this.#sessions.set(peer, session);
    this.#components.logger.info({ peer, role: hello.role, height: hello.height }, 'a peer connected');
    this.#listeners.tell({ kind: 'connected', peer });
  }

  #newSession(peer: PeerId): PeerSession {
    const { clock, scheduler, logger } = this.#components;
    return new PeerSession({
      peer,
      self: this.self,
      limits: this.#limits,
      clock,
      scheduler,
      logger,
      deliver: (channel, message) => this.#handlers.get(channel)?.(peer, message),
      offend: (offence, reason) => this.report(peer, offence, reason),
    });
  }

  async #accept(channel: Channel, stream: Stream, connection: Connection): Promise<void> {
    await this.#afterGreeting(stream, connection, (session) => session.receive(channel, stream));
  }

  /** Streams of a peer count from its handshake on; one that comes a moment early waits for it. */
  async #afterGreeting(
    stream: Stream,
    connection: Connection,
    use: (session: PeerSession) => void | Promise<void> | undefined,
  ): Promise<void> {
    await this.#greetings.over(connection);
    const session = this.#sessions.get(connection.remotePeer.toString());
    if (session?.has(connection) === true) await use(session);
    else stream.abort(new Error('no handshake'));
  }

  #closed(connection: Connection, reason: string): void {
    this.#greetings.end(connection);
    const session = this.#sessions.get(connection.remotePeer.toString());
    if (session?.has(connection) !== true) return;
    if (!session.remove(connection)) this.#end(session, reason);
  }

  #end(session: PeerSession, reason: string): void {
    const { peer } = session;
    if (!this.#sessions.delete(peer)) return;
    addCounts(this.#past, session);
    session.close(new Error(reason));
    this.#components.logger.info({ peer, reason }, 'a peer disconnected');
    this.#listeners.tell({ kind: 'disconnected', peer, reason });
    this.#dialler.lost(peer);
  }
}
