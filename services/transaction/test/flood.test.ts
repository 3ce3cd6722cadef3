import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { concatBytes, silentLogger, type SignatureVerifier } from '#kernel';
import { frameTransactions, packIds, unpackIds } from '../gossip/frames.ts';
import { createTransactionGossip, type Mempool, type Transaction } from '../index.ts';
import {
  ANNOUNCED_MAX,
  ANNOUNCED_PER_PEER_MAX,
  FETCH_IDS_MAX,
  GOSSIP_FRAME_BYTES_MAX,
  GOSSIP_QUEUE_MAX,
  INCOMING_TRANSACTIONS_MAX,
} from '../limits.ts';
import { ManualTime, MemoryNetwork, seededRandom, settled } from './support/memory-network.ts';
import { signed, VERIFIER } from './support/samples.ts';
import { idsOf } from './support/test-mempool.ts';
import { FRAME, World } from './support/world.ts';

/** The real verifier, held back until it is let go. */
function heldVerifier(): {
  verifier: Pick<SignatureVerifier, 'verifyBatch'>;
  letGo: () => void;
  batches: () => number;
} {
  const gate = Promise.withResolvers<void>();
  let batches = 0;
  return {
    verifier: {
      async verifyBatch(checks, source) {
        batches++;
        await gate.promise;
        return VERIFIER.verifyBatch(checks, source);
      },
    },
    letGo: gate.resolve,
    batches: () => batches,
  };
}

function frameOf(...transactions: readonly Transaction[]): Uint8Array {
  const bytes = transactions.map((transaction) => transaction.bytes);
  return concatBytes(Uint8Array.of(FRAME.transactions), frameTransactions(bytes));
}

describe('a flood of transactions', () => {
  it('of one peer is judged one batch at a time, dropped beyond a bound without blame, and hurts no other peer', async () => {
    const held = heldVerifier();
    const world = new World();
    const b = world.node('b', [], held.verifier);
    for (const peer of ['busy', 'calm']) world.network.connect(peer, 'b');
    const busy = world.network.transport('busy');
    busy.send('b', 'transactions', frameOf(signed(0)));
    await settled();
    assert.equal(held.batches(), 1);
    const more = Array.from({ length: 5 }, (_, index) => signed(index + 1));
    for (const transaction of more) busy.send('b', 'transactions', frameOf(transaction));
    // The same one many times over: it is the number that waits which is bounded.
    const junk = Array.from({ length: INCOMING_TRANSACTIONS_MAX / 10 }, () => signed(7));
    for (let sent = more.length; sent < INCOMING_TRANSACTIONS_MAX + 20; sent += junk.length) {
      busy.send('b', 'transactions', frameOf(...junk));
    }
    busy.send('b', 'transactions', frameOf(signed(8)));
    await settled();
    assert.equal(held.batches(), 1);
    assert.ok(b.gossip.statistics().incomingDropped > 0);
    world.network.transport('calm').send('b', 'transactions', frameOf(signed(20)));
    await settled();
    assert.equal(held.batches(), 2);
    held.letGo();
    for (let turn = 0; turn < 50; turn++) await settled();
    const waiting = new Set(idsOf(b.test.pages(100)));
    assert.deepEqual(waiting, new Set(idsOf([signed(0), ...more, signed(7), signed(20)])));
    assert.deepEqual(world.network.reports, []);
    // Once its transactions are judged, the peer is heard again.
    busy.send('b', 'transactions', frameOf(signed(8)));
    await settled();
    assert.equal(b.test.mempool.size, waiting.size + 1);
  });

  it('of announcements is remembered up to a bound', async () => {
    const world = new World();
    world.node('b');
    world.network.connect('flood', 'b');
    const flood = world.network.transport('flood');
    let asked = 0;
    flood.onRequest(
      '/bizra/transactions/1',
      { maxRequestBytes: FETCH_IDS_MAX * 32, maxConcurrent: 10 },
      async (_, body) => {
        asked += body.length / 32;
        return new Uint8Array(0);
      },
    );
    const idsPerFrame = Math.floor((GOSSIP_FRAME_BYTES_MAX - 1) / 32);
    const random = seededRandom();
    for (let sent = 0; sent < ANNOUNCED_MAX + 2 * idsPerFrame; sent += idsPerFrame) {
      flood.send('b', 'transactions', concatBytes(Uint8Array.of(FRAME.ids), random.bytes(idsPerFrame * 32)));
      await settled();
    }
    for (let round = 0; round < 2 + ANNOUNCED_PER_PEER_MAX / FETCH_IDS_MAX; round++) await world.fetched();
    assert.equal(asked, ANNOUNCED_PER_PEER_MAX);
  });

  it('of announcements by one that gives nothing does not keep others from being fetched', async () => {
    const world = new World();
    const b = world.node('b');
    for (const peer of ['flood', 'calm']) world.network.connect(peer, 'b');
    const limits = { maxRequestBytes: FETCH_IDS_MAX * 32, maxConcurrent: 10 };
    const flood = world.network.transport('flood');
    flood.onRequest('/bizra/transactions/1', limits, () => new Promise<Uint8Array>(() => {}));
    const calm = world.network.transport('calm');
    calm.onRequest('/bizra/transactions/1', limits, async () => frameTransactions([signed(3).bytes]));
    const idsPerFrame = Math.floor((GOSSIP_FRAME_BYTES_MAX - 1) / 32);
    const random = seededRandom();
    for (let sent = 0; sent < ANNOUNCED_MAX; sent += idsPerFrame) {
      flood.send('b', 'transactions', concatBytes(Uint8Array.of(FRAME.ids), random.bytes(idsPerFrame * 32)));
      await settled();
    }
    await world.fetched();
    calm.send('b', 'transactions', concatBytes(Uint8Array.of(FRAME.ids), packIds([signed(3).id])));
    await settled();
    await world.fetched();
    for (let turn = 0; turn < 20; turn++) await settled();
    assert.ok(b.test.mempool.knows(signed(3).id));
  });

  for (const [way, kept, requestsAtOnce] of [
    ['that are given completely is fetched batch after batch', 0, 3],
    ['of which some are not given is fetched at the pace of the timer', 1, 1],
  ] as const) {
    it(`of announcements ${way}, one request at a time`, async () => {
      const world = new World();
      world.node('b');
      world.network.connect('giver', 'b');
      const giver = world.network.transport('giver');
      const all = Array.from({ length: 2 * FETCH_IDS_MAX + 5 }, (_, nonce) => signed(0, { nonce }));
      const byId = new Map(all.map(({ id, bytes }) => [id, bytes]));
      const sizes: number[] = [];
      let [open, openMost] = [0, 0];
      const limits = { maxRequestBytes: FETCH_IDS_MAX * 32, maxConcurrent: 10 };
      giver.onRequest('/bizra/transactions/1', limits, async (_, body) => {
        openMost = Math.max(openMost, ++open);
        await settled();
        open -= 1;
        const ids = unpackIds(body, FETCH_IDS_MAX);
        sizes.push(ids.length);
        return frameTransactions(ids.slice(kept).flatMap((id) => byId.get(id) ?? []));
      });
      const idsPerFrame = Math.floor((GOSSIP_FRAME_BYTES_MAX - 1) / 32);
      for (let start = 0; start < all.length; start += idsPerFrame) {
        const ids = idsOf(all.slice(start, start + idsPerFrame));
        giver.send('b', 'transactions', concatBytes(Uint8Array.of(FRAME.ids), packIds(ids)));
      }
      await settled();
      await world.fetched();
      for (let turn = 0; turn < 200; turn++) await settled();
      assert.equal(sizes.length, requestsAtOnce);
      for (let round = 0; round < 2; round++) {
        await world.fetched();
        for (let turn = 0; turn < 200; turn++) await settled();
      }
      assert.deepEqual(sizes, [FETCH_IDS_MAX, FETCH_IDS_MAX, 5]);
      assert.equal(openMost, 1);
    });
  }

  it('of own transactions waits for the next frames up to a bound', async () => {
    const network = new MemoryNetwork();
    const time = new ManualTime();
    network.connect('a', 'b');
    let tell: Parameters<Mempool['onAdmitted']>[0] = () => {};
    // The mempool is bounded itself: what it admits is only told here.
    const mempool: Pick<Mempool, 'onAdmitted' | 'pending' | 'knows' | 'submit'> = {
      onAdmitted(listener) {
        tell = listener;
        return () => {};
      },
      pending: () => ({ items: [] }),
      knows: () => true,
      submit: async () => [],
    };
    const gossip = createTransactionGossip({
      transport: network.transport('a'),
      mempool: mempool as Mempool,
      fetch: { start: () => {}, fetch: async () => [] },
      clock: time,
      scheduler: time,
      random: seededRandom(),
      logger: silentLogger,
    });
    gossip.start();
    const one = signed();
    const batch = Array.from({ length: GOSSIP_QUEUE_MAX / 4 }, () => one);
    for (let i = 0; i < 6; i++) tell(batch, 'api:x');
    assert.equal(gossip.statistics().queueDropped, 2 * batch.length);
    await time.advance(20);
    const bytes = network.frames.reduce((sum, { message }) => sum + message.length - 1, 0);
    assert.equal(bytes, GOSSIP_QUEUE_MAX * (one.bytes.length + 4));
    tell([one], 'api:x');
    assert.equal(gossip.statistics().queueDropped, 2 * batch.length);
  });
});
