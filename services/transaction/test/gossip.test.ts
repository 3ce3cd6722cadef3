import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { concatBytes, toHex } from '#kernel';
import { frameTransactions, packIds, unframeTransactions } from '../gossip/frames.ts';
import { GOSSIP_FRAME_BYTES_MAX, GOSSIP_PUSH_PEERS, REMIND_AFTER_MS } from '../limits.ts';
import { bigger, filled, outputs, signed } from './support/samples.ts';
import { idsOf } from './support/test-mempool.ts';
import { FRAME, World } from './support/world.ts';

/** How often the bytes of transactions went over the network, by receiver. */
function deliveries(world: World): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (to: string, frame: Uint8Array) =>
    counts.set(to, (counts.get(to) ?? 0) + unframeTransactions(frame).length);
  for (const { to, message } of world.network.frames) {
    if (message[0] === FRAME.transactions) add(to, message.subarray(1));
  }
  for (const { from, response } of world.network.requests) if (response !== undefined) add(from, response);
  return counts;
}

describe('gossip of transactions', () => {
  it('goes to peers as bytes and on from there as ids, which who lacks them fetches', async () => {
    const world = new World();
    const a = world.node('a');
    const b = world.node('b', ['a']);
    const c = world.node('c', ['b']);
    const transaction = signed();
    await a.test.submitAs('api:x', transaction);
    await world.spread();
    assert.deepEqual(b.test.mempool.lookup(transaction.id), transaction);
    await world.passedOn();
    assert.equal(c.test.mempool.size, 0);
    await world.fetched();
    assert.deepEqual(c.test.mempool.lookup(transaction.id), transaction);
    assert.deepEqual(b.test.admitted, [{ ids: [transaction.id], source: 'a' }]);
    assert.equal(c.gossip.statistics().fetched, 1);
    assert.deepEqual(world.network.reports, []);
  });

  it('announces its own again while they wait, since what is sent may be lost', async () => {
    const world = new World();
    const a = world.node('a');
    const b = world.node('b', ['a']);
    const [lost, final] = [signed(0), signed(1)];
    world.network.choked.add('b');
    await a.test.submitAs('api:x', lost, final);
    await world.spread();
    world.network.choked.clear();
    await world.fetched();
    assert.equal(b.test.mempool.size, 0);
    a.test.finalise([final], { 1: { nonce: 1 } });
    await world.time.advance(2 * REMIND_AFTER_MS);
    await world.fetched();
    assert.deepEqual(b.test.mempool.lookup(lost.id), lost);
    assert.equal(b.test.mempool.lookup(final.id), undefined);
    a.test.finalise([lost], { 0: { nonce: 1 } });
    world.network.frames.length = 0;
    await world.time.advance(4 * REMIND_AFTER_MS);
    assert.deepEqual(world.network.frames, []);
  });

  it('announces what waited before it started, as what the journal brings back', async () => {
    const world = new World();
    const a = world.node('a');
    const b = world.node('b', ['a']);
    a.gossip.stop();
    await a.test.submitAs('api:x', signed());
    a.gossip.start();
    await world.time.advance(2 * REMIND_AFTER_MS);
    await world.fetched();
    assert.deepEqual(b.test.mempool.lookup(signed().id), signed());
  });

  it('tells nobody what it heard from it', async () => {
    const world = new World();
    const a = world.node('a');
    world.node('b', ['a']);
    await a.test.submitAs('api:x', signed());
    await world.spread();
    await world.fetched();
    assert.deepEqual(
      world.network.frames.map(({ from, to }) => `${from}${to}`),
      ['ab'],
    );
  });

  it('brings the bytes to each of many peers about once', async () => {
    const world = new World();
    const names = Array.from({ length: 3 * GOSSIP_PUSH_PEERS }, (_, index) => `n${index}`);
    const nodes = names.map((name, index) => world.node(name, names.slice(0, index)));
    const transaction = signed();
    await nodes[0]?.test.submitAs('api:x', transaction);
    await world.spread();
    assert.equal(nodes.filter(({ test }) => test.mempool.size === 1).length, 1 + GOSSIP_PUSH_PEERS);
    await world.passedOn();
    await world.fetched();
    assert.ok(nodes.every(({ test }) => test.mempool.size === 1));
    const counts = deliveries(world);
    assert.deepEqual([...counts.keys()].toSorted(), names.slice(1).toSorted());
    assert.deepEqual(new Set(counts.values()), new Set([1]));
  });

  it('collects what comes at once into frames of a bounded size', async () => {
    const world = new World();
    const a = world.node('a');
    const b = world.node('b', ['a']);
    const small = Array.from({ length: 30 }, (_, nonce) => signed(0, { nonce }));
    for (const transaction of small) await a.test.submitAs('api:x', transaction);
    await world.spread();
    assert.equal(world.network.frames.length, 1);
    const payload = { type: 'transfer', outputs: outputs(256) } as const;
    const large = Array.from({ length: 20 }, (_, nonce) => signed(1, { nonce, gasLimit: 10 ** 6, payload }));
    await a.test.submitAs('api:x', ...large);
    await world.spread();
    assert.deepEqual(idsOf(b.test.pages(100)), idsOf([...small, ...large]));
    assert.equal(world.network.frames.length, 3);
    for (const { message } of world.network.frames) assert.ok(message.length <= GOSSIP_FRAME_BYTES_MAX);
  });

  it('tells a new peer what waits', async () => {
    const world = new World();
    const a = world.node('a');
    const sent = [signed(0), signed(0, { nonce: 1 }), bigger(1, 3)];
    await a.test.submit(...sent);
    const b = world.node('b', ['a']);
    await world.fetched();
    assert.deepEqual(idsOf(b.test.pages(10)), idsOf(sent));
  });

  it('fetches nothing that came by itself in the meantime', async () => {
    const world = new World();
    world.node('a');
    const b = world.node('b', ['a']);
    const transaction = signed();
    const send = (kind: number, body: Uint8Array) =>
      world.network.transport('a').send('b', 'transactions', concatBytes(Uint8Array.of(kind), body));
    send(FRAME.ids, packIds([transaction.id]));
    send(FRAME.transactions, frameTransactions([transaction.bytes]));
    await world.fetched();
    assert.equal(b.test.mempool.size, 1);
    assert.deepEqual(world.network.requests, []);
  });

  it('asks another peer that announced it when the first does not have it after all', async () => {
    const world = new World();
    const b = world.node('b');
    const transaction = signed();
    // One that announces and never answers, and one that answers with nothing.
    for (const liar of ['silent', 'empty']) world.network.connect(liar, 'b');
    world.network
      .transport('empty')
      .onRequest('/bizra/transactions/1', { maxRequestBytes: 1_000, maxConcurrent: 1 }, async () => {
        return new Uint8Array(0);
      });
    const announcement = concatBytes(Uint8Array.of(FRAME.ids), packIds([transaction.id]));
    for (const liar of ['silent', 'empty']) {
      world.network.transport(liar).send('b', 'transactions', announcement);
    }
    const c = world.node('c', ['b']);
    await c.test.submit(transaction);
    world.network.transport('c').send('b', 'transactions', announcement);
    for (let i = 0; i < 3; i++) await world.fetched();
    assert.deepEqual(
      world.network.requests.map(({ to }) => to),
      ['silent', 'empty', 'c'],
    );
    assert.equal(b.test.mempool.size, 1);
    // Nobody is asked for ever.
    for (let i = 0; i < 5; i++) await world.fetched();
    assert.equal(world.network.requests.length, 3);
  });

  it('asks nobody else for what it got and did not want', async () => {
    const world = new World();
    const b = world.node('b');
    b.test.accounts.set(0, { balance: 0n });
    for (const name of ['a', 'c']) {
      const { test } = world.node(name);
      await test.submit(signed(0));
      // Tells what waits.
      world.network.connect(name, 'b');
    }
    for (let i = 0; i < 3; i++) await world.fetched();
    assert.equal(world.network.requests.length, 1);
    assert.equal(b.test.mempool.size, 0);
  });

  it('is silent after it stopped', async () => {
    const world = new World();
    const a = world.node('a');
    world.node('b', ['a']);
    await a.test.submitAs('api:x', signed(0));
    a.gossip.stop();
    await a.test.submitAs('api:x', signed(1));
    await world.spread();
    assert.deepEqual(world.network.frames, []);
  });

  it('counts what it does, also what a full queue does not take', async () => {
    const world = new World();
    const a = world.node('a');
    world.node('b', ['a']);
    world.node('c', ['a']);
    world.network.choked.add('c');
    await a.test.submitAs('api:x', signed(0));
    await world.spread();
    assert.deepEqual(a.gossip.statistics(), {
      framesSent: 1,
      framesReceived: 0,
      queueDropped: 1,
      fetched: 0,
      incomingDropped: 0,
      announced: 0,
    });
  });
});

describe('peers that misbehave in gossip', () => {
  const garbage: readonly [what: string, message: Uint8Array][] = [
    ['no kind', new Uint8Array(0)],
    ['an unknown kind', Uint8Array.of(2, 1, 2, 3)],
    ['a length beyond the frame', Uint8Array.of(FRAME.transactions, 0, 0, 1, 0, 1)],
    ['half a length', Uint8Array.of(FRAME.transactions, 0, 0)],
    ['half an id', Uint8Array.of(FRAME.ids, ...filled(33, 1))],
  ];
  for (const [what, message] of garbage) {
    it(`are reported for a frame of ${what}`, async () => {
      const world = new World();
      const b = world.node('b');
      world.network.connect('bad', 'b');
      world.network.transport('bad').send('b', 'transactions', message);
      await world.spread();
      assert.deepEqual(world.network.reports, [{ by: 'b', peer: 'bad', offence: 'malformed' }]);
      assert.equal(b.test.mempool.size, 0);
    });
  }

  it('are reported for a forged transaction, and what is good beside it is taken', async () => {
    const world = new World();
    const b = world.node('b');
    world.network.connect('bad', 'b');
    const { bytes, id } = signed(0);
    const bad = bytes.slice();
    bad[10] = (bad[10] as number) ^ 1;
    const frame = concatBytes(Uint8Array.of(FRAME.transactions), frameTransactions([bad, signed(1).bytes]));
    world.network.transport('bad').send('b', 'transactions', frame);
    await world.spread();
    assert.deepEqual(world.network.reports, [{ by: 'b', peer: 'bad', offence: 'invalid' }]);
    assert.deepEqual(idsOf(b.test.pages(10)), [signed(1).id]);
    assert.notEqual(toHex(bad), id);
  });

  it('are not reported for what an honest peer may send too', async () => {
    const world = new World();
    const b = world.node('b');
    world.network.connect('peer', 'b');
    b.test.accounts.set(0, { nonce: 3 });
    b.test.accounts.set(1, { balance: 0n });
    b.test.height = 50;
    await b.test.submit(signed(2));
    const sent = [signed(0), signed(1), signed(2), signed(3, { validUntil: 50 }), signed(4, { nonce: 50 })];
    const frame = frameTransactions(sent.map(({ bytes }) => bytes));
    world.network
      .transport('peer')
      .send('b', 'transactions', concatBytes(Uint8Array.of(FRAME.transactions), frame));
    await world.spread();
    assert.deepEqual(world.network.reports, []);
    assert.equal(b.test.mempool.size, 1);
  });
});
