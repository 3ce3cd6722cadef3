import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { freePort } from '../../harness/network.ts';
import { until } from '../../harness/until.ts';
import { ProxyFaults } from '../faults/proxy-faults.ts';

const FORTH = ['a', 'b'] as const;
const BACK = ['b', 'a'] as const;
const NONE: ReadonlySet<string> = new Set();

/** Resolves when the socket is gone, for whichever reason. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

/** What could come through has come: bytes went back and forth often enough over a connection without a proxy. */
async function settle(): Promise<void> {
  const echo = createServer((socket) => socket.pipe(socket));
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const address = echo.address();
  const socket = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1');
  for (let times = 0; times < 50; times++) {
    socket.write('.');
    await once(socket, 'data');
  }
  socket.destroy();
  echo.close();
}

describe('a network of proxies', () => {
  let server: Server;
  let faults: ProxyFaults;
  const accepted: Socket[] = [];
  const sockets: Socket[] = [];

  beforeEach(async () => {
    accepted.length = 0;
    const [a, b] = [await freePort(), await freePort()];
    server = createServer((socket) => {
      socket.on('error', () => {});
      accepted.push(socket);
      sockets.push(socket);
    });
    server.listen(b, '127.0.0.1');
    await once(server, 'listening');
    const nodes = [
      { name: 'a', peerPort: a, apiPort: 1 },
      { name: 'b', peerPort: b, apiPort: 2 },
    ];
    faults = await ProxyFaults.open(nodes, 'a test', () => 0.5);
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await faults.close();
    server.close();
  });

  function dial(): Socket {
    const port = Number(faults.placement('a').dial['b']?.split('/').at(-1));
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    sockets.push(socket);
    return socket;
  }

  /** A connection through the proxy that has carried a byte, with what each end hears. */
  async function connected() {
    const near = dial();
    near.write('?');
    const far = await until('the other side accepts', async () => accepted[0]);
    const heard = { near: '', far: '' };
    far.setEncoding('utf8').on('data', (text: string) => (heard.far += text));
    near.setEncoding('utf8').on('data', (text: string) => (heard.near += text));
    await until('a byte is through', async () => heard.far === '?');
    heard.far = '';
    return { near, far, heard };
  }

  it('carries what is said both ways, and an end behind the last byte', async () => {
    const { near, far, heard } = await connected();
    const much = 'x'.repeat(6_000_000);
    far.write('hello');
    near.end(much);
    await once(far, 'end');
    await until('all is heard', async () => heard.far.length === much.length && heard.near === 'hello');
    assert.ok((faults.bytes()['a b'] ?? 0) > much.length);
  });

  it('holds what is said during a silent cut, tells nobody, and lets it through afterwards', async () => {
    const { near, far, heard } = await connected();
    await faults.cut([FORTH, BACK], 'silent', NONE);
    near.write('held');
    far.write('back');
    await settle();
    assert.deepEqual(heard, { near: '', far: '' });
    assert.ok(!near.destroyed && !far.destroyed);
    await faults.heal([FORTH, BACK]);
    await until('it is through', async () => heard.far === 'held' && heard.near === 'back');
  });

  it('cuts one way only', async () => {
    const { near, far, heard } = await connected();
    await faults.cut([FORTH], 'silent', NONE);
    near.write('forth');
    far.write('back');
    await until('back is through', async () => heard.near === 'back');
    assert.equal(heard.far, '');
  });

  it('lets a connection that is made during a silent cut through when it is over', async () => {
    await faults.cut([FORTH, BACK], 'silent', NONE);
    const near = dial();
    near.write('early');
    await once(near, 'connect');
    await settle();
    assert.equal(accepted.length, 0);
    await faults.heal([FORTH, BACK]);
    const far = await until('it is accepted', async () => accepted[0]);
    assert.equal(String((await once(far, 'data'))[0]), 'early');
  });

  it('ends connections on both sides by a reset, and refuses new ones until it is healed', async () => {
    const { near, far } = await connected();
    const ends = [closed(near), closed(far)];
    await faults.cut([FORTH, BACK], 'reset', NONE);
    await Promise.all(ends);
    const refused = dial();
    await closed(refused);
    assert.equal(accepted.length, 1);
    await faults.heal([FORTH, BACK]);
    dial().write('again');
    await until('it is accepted', async () => accepted.length === 2);
  });

  it('leaves the one end of a half-open connection believing, and resets it at its first word afterwards', async () => {
    const { near, far } = await connected();
    const farEnd = closed(far);
    await faults.cut([FORTH, BACK], 'half-open', new Set(['a']));
    await farEnd;
    near.write('into the void');
    await settle();
    assert.ok(!near.destroyed);
    const nearEnd = closed(near);
    await faults.heal([FORTH, BACK]);
    await nearEnd;
  });

  it('delays by what it is told, and keeps the order', async () => {
    const { near, heard } = await connected();
    await faults.slow([FORTH], { delayMs: 120, jitterMs: 80, kibPerSecond: undefined });
    const startedMs = performance.now();
    for (const word of ['1', '2', '3', '4']) {
      near.write(word);
      await turn();
    }
    await until('all is through', async () => heard.far.length === 4, { everyMs: 5 });
    assert.equal(heard.far, '1234');
    assert.ok(performance.now() - startedMs >= 160);
  });

  it('carries no more a second than it is told', async () => {
    const { near, heard } = await connected();
    await faults.slow([FORTH], { delayMs: 0, jitterMs: 0, kibPerSecond: 512 });
    const startedMs = performance.now();
    near.write('x'.repeat(256 * 1024));
    await until('all is through', async () => heard.far.length === 256 * 1024, { everyMs: 5 });
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs > 450 && tookMs < 2_000, `${tookMs} ms`);
  });

  it('resets whoever dials a node that does not listen', async () => {
    server.close();
    const near = dial();
    near.write('?');
    await closed(near);
  });
});
