import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import type { Connection, Libp2p } from '@libp2p/interface';
import { tcp } from '@libp2p/tcp';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { isCodedError, silentLogger, toHex, utf8, fromUtf8, type Logger } from '#kernel';
import { systemClock, systemRandom, systemScheduler } from '#runtime';
import { createNetwork, peerIdOfSeed, type Hello, type Network, type NetworkInit } from '#services/network';
import { freePorts } from '../../../node/local-network/ports.ts';
import { encodeHello } from '../hello.ts';
import { frame } from '../framing.ts';

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((network) => network.stop()));
});

function hello(changes: Partial<Hello> = {}): Hello {
  return {
    protocolVersion: 1,
    chainId: 'test-chain',
    genesisHash: new Uint8Array(32).fill(1),
    role: 'validator',
    agent: 'test',
    height: 0,
    ...changes,
  };
}

async function start(
  seed: number,
  init: Partial<NetworkInit> = {},
  logger: Logger = silentLogger,
): Promise<Network> {
  const network = await createNetwork(
    {
      listen: ['/ip4/127.0.0.1/tcp/0'],
      peers: [],
      privateKey: new Uint8Array(32).fill(seed),
      hello: () => hello(),
      ...init,
    },
    { clock: systemClock, random: systemRandom, scheduler: systemScheduler, logger },
  );
  running.push(network);
  await network.start();
  return network;
}

/** What has not come by then comes never, on a crowded machine neither. */
const PATIENCE_MS = 60_000;

async function until(what: string, probe: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!probe()) {
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await pause(5);
  }
}

/** A log that keeps its warnings. */
function listeningLogger(lines: string[]): Logger {
  const logger: Logger = {
    ...silentLogger,
    warn: (_, message) => void lines.push(message),
    child: () => logger,
  };
  return logger;
}

describe('network', () => {
  it('delivers the messages of a channel in order, many in one piece', async () => {
    const a = await start(1);
    const received: string[] = [];
    a.onMessage('consensus', (_, message) => received.push(fromUtf8(message)));
    const b = await start(2, { peers: a.addresses() });
    await until('connected', () => a.peers().length === 1 && b.peers().length === 1);
    for (let i = 0; i < 3000; i++) assert.ok(b.send(a.self, 'consensus', utf8(`message ${i}`)));
    await until('all delivered', () => received.length === 3000);
    assert.deepEqual(
      received,
      Array.from({ length: 3000 }, (_, i) => `message ${i}`),
    );
    assert.deepEqual(
      [b.peers()[0]?.id, b.peers()[0]?.role, b.peers()[0]?.direction],
      [a.self, 'validator', 'outbound'],
    );
  });

  it('carries a message of the largest size whole, and refuses a larger one', async () => {
    const a = await start(1);
    const sizes: number[] = [];
    a.onMessage('consensus', (_, message) => sizes.push(message.length));
    const b = await start(2, { peers: a.addresses() });
    await until('connected', () => b.peers().length === 1);
    assert.ok(b.send(a.self, 'consensus', new Uint8Array(2 * 2 ** 20).fill(3)));
    assert.equal(b.send(a.self, 'consensus', new Uint8Array(2 * 2 ** 20 + 1)), false);
    await until('delivered', () => sizes.length === 1);
    assert.deepEqual(sizes, [2 * 2 ** 20]);
  });

  it('parts from a peer of another genesis, and both say which hashes', async () => {
    const [warningsA, warningsB]: [string[], string[]] = [[], []];
    const a = await start(1, {}, listeningLogger(warningsA));
    const other = hello({ genesisHash: new Uint8Array(32).fill(2) });
    const b = await start(2, { peers: a.addresses(), hello: () => other }, listeningLogger(warningsB));
    await until('both refused', () => a.statistics().refused === 1 && b.statistics().refused === 1);
    for (const warnings of [warningsA, warningsB]) {
      assert.match(warnings.join(), /genesis hash is/);
      assert.match(warnings.join(), /0101.*/);
      assert.match(warnings.join(), /0202.*/);
    }
    assert.deepEqual([a.peers(), b.peers()], [[], []]);
  });

  it('parts from peers of another chain id or protocol version', async () => {
    const a = await start(1);
    const other = [hello({ chainId: 'other' }), hello({ protocolVersion: 2 })];
    for (const [i, said] of other.entries()) await start(10 + i, { peers: a.addresses(), hello: () => said });
    await until('both refused', () => a.statistics().refused === 2);
    assert.deepEqual(a.peers(), []);
  });

  it('tells of every handshake who it was with, what the peer said, and why they part', async () => {
    const a = await start(1);
    const told: string[] = [];
    a.onGreeting(({ peer, hello: said, refusal }) =>
      told.push(`${peer} ${toHex(said.genesisHash).slice(0, 2)} ${refusal?.code ?? 'stays'}`),
    );
    const others = [hello(), hello({ genesisHash: new Uint8Array(32).fill(2) }), hello({ chainId: 'other' })];
    const selves: string[] = [];
    for (const [i, said] of others.entries()) {
      selves.push((await start(20 + i, { peers: a.addresses(), hello: () => said })).self);
      await until('told', () => told.length === i + 1);
    }
    assert.deepEqual(told, [
      `${selves[0]} 01 stays`,
      `${selves[1]} 02 network.wrong-genesis`,
      `${selves[2]} 01 network.wrong-chain`,
    ]);
  });

  it('names both hashes to a peer of another chain id as well', async () => {
    const warnings: string[] = [];
    const a = await start(1, {}, listeningLogger(warnings));
    const other = hello({ chainId: 'other', genesisHash: new Uint8Array(32).fill(2) });
    await start(2, { peers: a.addresses(), hello: () => other });
    await until('refused', () => warnings.length > 0);
    for (const byte of ['01', '02']) assert.ok(warnings[0]?.includes(byte.repeat(32)), warnings[0]);
  });

  it('refuses a peer to dial that has no address', async () => {
    for (const address of ['', 'nowhere', '/ip4/127.0.0.1/tcp/1', '/ip4/127.0.0.1/tcp/1/p2p/x']) {
      await assert.rejects(start(1, { peers: [address] }), (error) =>
        isCodedError(error, 'network.malformed-address'),
      );
    }
  });

  it('settles two simultaneous dials into one peer whose streams work both ways', async () => {
    const [portA = 0, portB = 0] = await freePorts(2);
    const [idA, idB] = await Promise.all([1, 2].map(async (seed) => (await bare(seed)).self));
    const addressOf = (port: number, id: string | undefined): string =>
      `/ip4/127.0.0.1/tcp/${port}/p2p/${id}`;
    const [a, b] = await Promise.all([
      start(1, { listen: [`/ip4/127.0.0.1/tcp/${portA}`], peers: [addressOf(portB, idB)] }),
      start(2, { listen: [`/ip4/127.0.0.1/tcp/${portB}`], peers: [addressOf(portA, idA)] }),
    ]);
    const events: string[] = [];
    a.onPeer(({ kind }) => events.push(kind));
    let [atA, atB] = [0, 0];
    a.onMessage('consensus', () => atA++);
    b.onMessage('consensus', () => atB++);
    await until('connected', () => a.peers().length === 1 && b.peers().length === 1);
    for (let i = 0; i < 50; i++) {
      a.broadcast('consensus', utf8('x'));
      b.broadcast('consensus', utf8('y'));
      await pause(1);
    }
    await until('delivered', () => atA === 50 && atB === 50);
    assert.ok(!events.includes('disconnected'));
  });

  it('connects again within about a second when a peer restarts with its identity', async () => {
    const [port = 0] = await freePorts(1);
    const listen = [`/ip4/127.0.0.1/tcp/${port}`];
    const first = await start(1, { listen });
    const dialledAt = performance.now();
    const b = await start(2, { peers: first.addresses() });
    await until('connected', () => b.peers().length === 1);
    const connectMs = performance.now() - dialledAt;
    running.splice(running.indexOf(first), 1);
    await first.stop();
    await until('lost', () => b.peers().length === 0);
    const lostAt = performance.now();
    const again = await start(1, { listen });
    const startedAt = performance.now();
    await until('connected again', () => b.peers().length === 1 && again.peers().length === 1);
    const againMs = performance.now() - startedAt;
    // The pauses between dials double: on a slow machine they depend on how long the peer was away.
    const maxMs = Math.max(3_000, 2 * (startedAt - lostAt) + 10 * connectMs);
    assert.ok(againMs < maxMs, `${againMs} ms, of at most ${maxMs} ms`);
    let received = 0;
    again.onMessage('consensus', () => received++);
    b.broadcast('consensus', utf8('again'));
    await until('delivered', () => received === 1);
  });

  it('answers requests, and says why it does not', async () => {
    const a = await start(1);
    a.onRequest('/test/echo/1', { maxRequestBytes: 100_000, maxConcurrent: 2 }, async (_, body) => body);
    a.onRequest('/test/never/1', { maxRequestBytes: 10, maxConcurrent: 1 }, () => new Promise(() => {}));
    const b = await start(2, { peers: a.addresses() });
    await until('connected', () => b.peers().length === 1);
    const body = new Uint8Array(100_000).fill(5);
    const limits = { timeoutMs: PATIENCE_MS, maxResponseBytes: 200_000 };
    assert.deepEqual(await b.request(a.self, '/test/echo/1', body, limits), body);
    const coded = (code: string) => (error: unknown) => isCodedError(error, code);
    const small = { timeoutMs: PATIENCE_MS, maxResponseBytes: 1_000 };
    await assert.rejects(b.request(a.self, '/test/echo/1', body, small), coded('network.response-too-large'));
    await assert.rejects(b.request('nobody', '/test/echo/1', body, limits), coded('network.peer-gone'));
    await assert.rejects(b.request(a.self, '/test/none/1', body, limits), coded('network.request-failed'));
    const soon = { timeoutMs: 100, maxResponseBytes: 10 };
    await assert.rejects(
      b.request(a.self, '/test/never/1', utf8('x'), soon),
      coded('network.request-timeout'),
    );
    await assert.rejects(
      b.request(a.self, '/test/never/1', utf8('x'), { ...soon, timeoutMs: PATIENCE_MS }),
      coded('network.request-refused'),
    );
  });

  it('answers others while one peer holds all the requests that it may', async () => {
    const a = await start(1);
    const b = await start(2, { peers: a.addresses() });
    const c = await start(3, { peers: a.addresses() });
    await until('connected', () => b.peers().length === 1 && c.peers().length === 1);
    let held = 0;
    a.onRequest('/test/slow/1', { maxRequestBytes: 10, maxConcurrent: 4 }, async (peer, body) => {
      if (peer !== b.self) return body;
      held++;
      return new Promise(() => {});
    });
    const options = { timeoutMs: PATIENCE_MS, maxResponseBytes: 10 };
    const letGo = new AbortController();
    const errors: unknown[] = [];
    const requests = Array.from({ length: 8 }, () =>
      b
        .request(a.self, '/test/slow/1', utf8('x'), { ...options, signal: letGo.signal })
        .catch((error: unknown) => errors.push(error)),
    );
    await until('held', () => held >= 2);
    assert.deepEqual(await c.request(a.self, '/test/slow/1', utf8('x'), options), utf8('x'));
    await until('the others are refused', () => errors.length >= 6);
    assert.equal(held, 2);
    assert.ok(errors.every((error) => isCodedError(error, 'network.request-refused')));
    letGo.abort();
    await Promise.all(requests);
    assert.equal(errors.length, 8);
  });

  it('bounds what waits for a peer, and counts what did not fit', async () => {
    const a = await start(1);
    const b = await start(2, { peers: a.addresses(), limits: { queueMessagesMax: 10 } });
    await until('connected', () => b.peers().length === 1);
    const taken = Array.from({ length: 25 }, () => b.send(a.self, 'transactions', utf8('x')));
    assert.equal(taken.filter(Boolean).length, 10);
    assert.equal(b.statistics().dropped.transactions, 15);
  });

  it('drops and refuses a peer that sends frames which cannot be', async () => {
    const a = await start(1, { limits: { banMs: 60_000 } });
    const rogue = await rogueNode();
    const connection = await rogue.dial(multiaddr(a.addresses()[0]));
    await sayHello(connection);
    await until('welcomed', () => a.peers().length === 1);
    for (let offences = 1; offences <= 3; offences++) {
      const stream = await connection.newStream('/bizra/channel/consensus/1');
      // A length of four gigabytes: nothing of it is kept.
      stream.send(new Uint8Array(16).fill(0xff));
      await until('noticed', () => a.statistics().offences === offences);
    }
    assert.equal(a.statistics().bans, 1);
    await until('dropped', () => a.peers().length === 0);
    await assert.rejects(async () => {
      const again = await rogue.dial(multiaddr(a.addresses()[0]));
      await again.newStream('/bizra/hello/1');
    });
  });

  it('reads no more of a flood once it has banned the peer for it', async () => {
    const warnings: string[] = [];
    const a = await start(1, {}, listeningLogger(warnings));
    let received = 0;
    a.onMessage('status', () => received++);
    const rogue = await rogueNode();
    const connection = await rogue.dial(multiaddr(a.addresses()[0]));
    await sayHello(connection);
    await until('welcomed', () => a.peers().length === 1);
    const stream = await connection.newStream('/bizra/channel/status/1');
    // Lengths of zero: 16,384 messages.
    stream.send(new Uint8Array(64 * 2 ** 10));
    await until('dropped', () => a.peers().length === 0);
    await once(connection as unknown as EventTarget, 'close');
    const { offences, bans, messagesIn } = a.statistics();
    assert.equal(bans, 1);
    // Ten floods are a whole score; a little of it is regained meanwhile.
    assert.ok(offences >= 10 && offences <= 12, `${offences} offences`);
    assert.equal(warnings.length, offences);
    assert.equal(messagesIn, received + offences);
  });

  for (const order of ['smaller', 'larger'] as const) {
    it(`has a place for others beside a ${order} identity that opens many connections`, async () => {
      const a = await start(1, { limits: { maxPeers: 4, handshakeTimeoutMs: 60_000 } });
      const events: string[] = [];
      a.onPeer(({ kind }) => events.push(kind));
      let received = 0;
      a.onMessage('consensus', () => received++);
      const rogue = await rogueNode(await seedOf(order, a.self));
      for (let i = 0; i < 12; i++) await openAnother(rogue, a, sayHello);
      const b = await start(2, { peers: a.addresses() });
      await until('the other is in', () => b.peers().length === 1);
      await until('few are left', () => rogue.getConnections().length === 4);
      // The newest serves; those that had to go did not end the session.
      const [last] = rogue.getConnections().slice(-1);
      const stream = await last?.newStream('/bizra/channel/consensus/1');
      stream?.send(frame([utf8('x')]));
      await until('delivered', () => received === 1);
      assert.deepEqual(events, ['connected', 'connected']);
    });
  }

  it('has a place for others beside an identity that says hello on none of many connections', async () => {
    const a = await start(1, { limits: { maxPeers: 4, handshakeTimeoutMs: 60_000 } });
    const rogue = await rogueNode();
    for (let i = 0; i < 12; i++) await openAnother(rogue, a, async () => {});
    const b = await start(2, { peers: a.addresses() });
    await until('the other is in', () => b.peers().length === 1);
    await until('few are left', () => rogue.getConnections().length === 4);
  });

  it('keeps the connection in use when its peer opens many others', async () => {
    const idA = (await bare(1)).self;
    const seed = await seedOf('larger', idA);
    const rogue = await rogueNode(seed, ['/ip4/127.0.0.1/tcp/0']);
    await rogue.handle('/bizra/hello/1', (stream) => void stream.send(frame([encodeHello(hello())])));
    let usedBy: string | undefined;
    await rogue.handle('/bizra/channel/consensus/1', (_, { id }) => void (usedBy = id));
    const a = await start(1, {
      peers: rogue.getMultiaddrs().map(String),
      limits: { handshakeTimeoutMs: 60_000 },
    });
    await until('connected', () => a.peers().length === 1);
    const [first] = rogue.getConnections();
    for (let i = 0; i < 6; i++) await openAnother(rogue, a, sayHello);
    await until('few are left', () => rogue.getConnections().length === 4);
    assert.ok(a.send(rogue.peerId.toString(), 'consensus', utf8('x')));
    await until('used', () => usedBy !== undefined);
    assert.equal(usedBy, first?.id);
    assert.equal(a.peers()[0]?.direction, 'outbound');
  });

  it('takes a peer that comes back over and over while its dead connections are not noticed', async () => {
    const a = await start(1);
    let received = 0;
    a.onMessage('consensus', () => received++);
    const seed = await seedOf('smaller', a.self);
    for (let i = 1; i <= 8; i++) {
      // Each life leaves its connection open behind it, as a machine does that lost its power.
      const life = await rogueNode(seed);
      const connection = await life.dial(multiaddr(a.addresses()[0]));
      await sayHello(connection);
      const stream = await connection.newStream('/bizra/channel/consensus/1');
      stream.send(frame([utf8('x')]));
      await until('delivered', () => received === i);
    }
  });

  it('serves no channel before the handshake, and drops who never says hello', async () => {
    const a = await start(1, { limits: { handshakeTimeoutMs: 300 } });
    let received = 0;
    a.onMessage('consensus', () => received++);
    const rogue = await rogueNode();
    const connection = await rogue.dial(multiaddr(a.addresses()[0]));
    const stream = await connection.newStream('/bizra/channel/consensus/1');
    stream.send(frame([utf8('early')]));
    await once(connection as unknown as EventTarget, 'close');
    assert.equal(received, 0);
    assert.deepEqual(a.peers(), []);
  });

  it('is not harmed by garbage on its port', async () => {
    const a = await start(1);
    const port = Number(/tcp\/(\d+)/.exec(a.addresses()[0] as string)?.[1]);
    for (let i = 0; i < 20; i++) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.end(systemRandom.bytes(500));
    }
    const b = await start(2, { peers: a.addresses() });
    await until('connected', () => b.peers().length === 1);
  });

  it('lets only listed peers in when there is a list', async () => {
    const friend = (await bare(2)).self;
    const a = await start(1, { allow: [friend] });
    const b = await start(2, { peers: a.addresses() });
    const c = await start(3, { peers: a.addresses() });
    await until('the friend is in', () => b.peers().length === 1);
    assert.deepEqual(
      a.peers().map(({ id }) => id),
      [friend],
    );
    assert.deepEqual(c.peers(), []);
  });

  it('meshes eight nodes', async () => {
    const nodes: Network[] = [];
    for (let seed = 1; seed <= 8; seed++)
      nodes.push(await start(seed, { peers: nodes.flatMap((node) => node.addresses()) }));
    await until('a full mesh', () => nodes.every((node) => node.peers().length === 7));
  });
});

/** A network that never starts: for its identity. */
function bare(seed: number): Promise<Network> {
  const init = { listen: [], peers: [], privateKey: new Uint8Array(32).fill(seed), hello: () => hello() };
  return createNetwork(init, {
    clock: systemClock,
    random: systemRandom,
    scheduler: systemScheduler,
    logger: silentLogger,
  });
}

async function rogueNode(seed?: Uint8Array, listen: string[] = []): Promise<Libp2p> {
  const node = await createLibp2p({
    addresses: { listen },
    ...(seed === undefined ? {} : { privateKey: await generateKeyPairFromSeed('Ed25519', seed) }),
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
  });
  running.push({ stop: async () => node.stop() });
  return node;
}

async function sayHello(connection: Connection): Promise<void> {
  const stream = await connection.newStream('/bizra/hello/1');
  stream.send(frame([encodeHello(hello())]));
  await once(stream as unknown as EventTarget, 'message');
}

/** One connection more, unless the other side takes no more. */
async function openAnother(
  rogue: Libp2p,
  to: Network,
  use: (connection: Connection) => Promise<void>,
): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const connection = await rogue
    .dial(multiaddr(to.addresses()[0]), { force: true, signal })
    .catch(() => undefined);
  if (connection !== undefined) await use(connection);
}

/** A seed whose peer id comes before or after another in order. */
async function seedOf(order: 'smaller' | 'larger', self: string): Promise<Uint8Array> {
  for (let first = 100; ; first++) {
    const seed = new Uint8Array(32).fill(first);
    if ((await peerIdOfSeed(seed)) < self === (order === 'smaller')) return seed;
  }
}
