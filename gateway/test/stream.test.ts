import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { formatAddress } from '#kernel';
import { LIMITS } from '../limits.ts';
import { ALICE, BOB, FakeNode, makeTransaction } from './fakes.ts';
import { StreamHarness, type Message } from './stream-harness.ts';

const harness = new StreamHarness();
let node: FakeNode;
beforeEach(async () => {
  node = new FakeNode();
  await harness.start(node, { closeMs: 300 });
});
afterEach(() => harness.stop());
const open = (query?: string, headers?: Record<string, string>) => harness.open(query, headers);

const cursors = (messages: readonly Message[]) => messages.map(({ topic, cursor }) => `${topic} ${cursor}`);

describe('a stream', { timeout: 180_000 }, () => {
  it('delivers blocks as they become final', async () => {
    const stream = await open();
    assert.deepEqual(await stream.ask({ subscribe: 'blocks', id: 7 }), {
      subscribed: 'blocks',
      cursor: '0',
      id: 7,
    });
    node.finalise(makeTransaction(1));
    node.finalise();
    const [first, second] = await stream.take(2);
    assert.deepEqual(
      [first?.topic, first?.cursor, first?.data?.['height'], first?.data?.['transactions']],
      ['blocks', '1.0', 1, 1],
    );
    assert.equal(second?.cursor, '2.0');
  });

  it('delivers transactions in order after their block, to who asks by query', async () => {
    const stream = await open('?topics=blocks,transactions');
    assert.deepEqual((await stream.next()).subscribed, ['blocks', 'transactions']);
    node.finalise(makeTransaction(1), makeTransaction(2));
    node.finalise(makeTransaction(3));
    assert.deepEqual(cursors(await stream.take(5)), [
      'blocks 1.0',
      'transactions 1.1',
      'transactions 1.2',
      'blocks 2.0',
      'transactions 2.1',
    ]);
  });

  it('resumes from any cursor without a gap or a repetition, and goes over to what is new', async () => {
    for (let height = 1; height <= 6; height++)
      node.finalise(makeTransaction(height), makeTransaction(height + 100));
    const whole = await open('?topics=blocks,transactions&cursor=0');
    await whole.next();
    const all = cursors(await whole.take(18));
    assert.equal(all.length, new Set(all).size);
    for (const [index, entry] of all.entries()) {
      const stream = await open(`?topics=blocks,transactions&cursor=${entry.split(' ')[1]}`);
      await stream.next();
      assert.deepEqual(cursors(await stream.take(17 - index)), all.slice(index + 1));
      stream.socket.terminate();
    }
    node.finalise();
    assert.equal((await whole.next()).cursor, '7.0');
  });

  it('misses nothing that becomes final while it replays', async () => {
    for (let height = 1; height <= 40; height++) node.finalise();
    const stream = await open('?topics=blocks&cursor=0');
    await stream.next();
    const heights: unknown[] = [];
    for (let height = 1; height <= 80; height++) {
      if (height <= 40) node.finalise();
      heights.push((await stream.next()).data?.['height']);
    }
    assert.deepEqual(
      heights,
      Array.from({ length: 80 }, (_, index) => index + 1),
    );
  });

  it('delivers the receipt of a transaction once, whether final before or after', async () => {
    const [early, late] = [makeTransaction(1), makeTransaction(2)];
    node.finalise(early);
    const stream = await open();
    await stream.ask({ subscribe: 'receipts', hash: late.id });
    stream.socket.send(JSON.stringify({ subscribe: 'receipts', hash: early.id }));
    const [acknowledged, receipt, done] = await stream.take(3);
    assert.equal(acknowledged?.subscribed, 'receipts');
    assert.deepEqual(
      [receipt?.cursor, receipt?.data?.['hash'], receipt?.data?.['fee']],
      ['1.1', early.id, '1400'],
    );
    assert.equal(done?.unsubscribed, 'receipts');
    node.finalise(makeTransaction(9));
    node.finalise(late);
    const [second, end] = await stream.take(2);
    assert.deepEqual([second?.cursor, second?.data?.['hash']], ['3.1', late.id]);
    assert.equal(end?.unsubscribed, 'receipts');
  });

  it('says why a transaction that is waited for was dropped', async () => {
    const one = makeTransaction(1);
    const stream = await open();
    await stream.ask({ subscribe: 'receipts', hash: one.id });
    node.drop(one);
    const [dropped] = await stream.take(2);
    assert.deepEqual([dropped?.data?.['status'], dropped?.data?.['code']], ['dropped', 'fake.expired']);
  });

  it('chooses transactions by account, as sender or receiver', async () => {
    const carol = new Uint8Array(20).fill(3);
    const stream = await open(`?topics=transactions&account=${formatAddress(carol)}`);
    await stream.next();
    node.finalise(makeTransaction(1, BOB), makeTransaction(2, carol));
    assert.equal((await stream.next()).cursor, '1.2');
    await stream.ask({ subscribe: 'transactions', account: formatAddress(ALICE) });
    node.finalise(makeTransaction(3, BOB));
    assert.equal((await stream.next()).cursor, '2.1');
  });

  it('tells what happens on the node, without a cursor', async () => {
    const stream = await open();
    await stream.ask({ subscribe: 'consensus' });
    node.consensusEvent({ kind: 'entered', height: 3, proposer: ALICE, hash: Uint8Array.of(1), power: 5n });
    assert.deepEqual(await stream.next(), {
      topic: 'consensus',
      cursor: null,
      data: { kind: 'entered', height: 3, proposer: formatAddress(ALICE), hash: '01', power: '5' },
    });
  });

  it('ends a subscription when asked to', async () => {
    const stream = await open('?topics=blocks,consensus');
    await stream.next();
    assert.deepEqual(await stream.ask({ unsubscribe: 'blocks' }), { unsubscribed: 'blocks' });
    node.finalise();
    node.consensusEvent({ kind: 'x' });
    assert.equal((await stream.next()).topic, 'consensus');
  });

  it('replaces a subscription that is made again instead of delivering twice', async () => {
    node.finalise();
    const stream = await open('?topics=blocks');
    await stream.next();
    await stream.ask({ subscribe: 'blocks' });
    node.finalise();
    node.finalise();
    assert.deepEqual(cursors(await stream.take(2)), ['blocks 2.0', 'blocks 3.0']);
  });
});

describe('a stream refuses, saying so,', { timeout: 180_000 }, () => {
  it('messages and wishes that it does not understand, and goes on', async () => {
    const stream = await open();
    const cases: [object | string, string][] = [
      ['not json', 'gateway.malformed-message'],
      ['[]', 'gateway.malformed-message'],
      [{ subscribe: 'blocks', extra: 1 }, 'gateway.malformed-message'],
      [{ subscribe: 'weather' }, 'gateway.unknown-topic'],
      [{ subscribe: 'receipts' }, 'gateway.filter-required'],
      [{ subscribe: 'blocks', account: formatAddress(BOB) }, 'gateway.filter-unsupported'],
      [{ subscribe: 'receipts', hash: 'zz' }, 'kernel.malformed-hex'],
      [{ subscribe: 'receipts', account: 'bizra1' }, 'kernel.malformed-address'],
      [{ subscribe: 'blocks', cursor: 'soon' }, 'gateway.malformed-cursor'],
      [{ subscribe: 'blocks', cursor: '999999' }, 'gateway.cursor-ahead'],
      [{ subscribe: 'consensus', cursor: '1' }, 'gateway.filter-unsupported'],
    ];
    for (const [message, code] of cases) assert.equal((await stream.ask(message)).error?.code, code);
    assert.equal((await stream.ask({ subscribe: 'blocks', id: 'a' })).id, 'a');
  });

  it('a subscription over the limit, keeping the others', async () => {
    const stream = await open();
    for (let i = 0; i < LIMITS.streamSubscriptionsMax; i++) {
      await stream.ask({ subscribe: 'receipts', hash: makeTransaction(i).id });
    }
    const { error } = await stream.ask({ subscribe: 'blocks' });
    assert.deepEqual([error?.code, error?.status], ['gateway.too-many-subscriptions', 429]);
    node.finalise(makeTransaction(5));
    assert.equal((await stream.next()).data?.['hash'], makeTransaction(5).id);
  });

  it('more messages than a client may send, and closes', async () => {
    const stream = await open();
    for (let i = 0; i < LIMITS.streamMessagesBurst + 50; i++) stream.socket.send('{"unsubscribe":"blocks"}');
    const [code] = await stream.closed;
    assert.equal(code, 1008);
  });

  it('a message that is too large, and closes', async () => {
    const stream = await open();
    stream.socket.send('x'.repeat(LIMITS.streamMessageBytesMax + 1));
    const [code] = await stream.closed;
    assert.equal(code, 1009);
  });

  it('a connection with a wrong query or from a page of another origin', async () => {
    assert.deepEqual(await harness.refusal('?topics=weather'), {
      status: 400,
      code: 'gateway.unknown-topic',
    });
    assert.deepEqual(await harness.refusal('?topic=blocks'), {
      status: 400,
      code: 'gateway.invalid-request',
    });
    assert.deepEqual(await harness.refusal('', { origin: 'https://evil.example' }), {
      status: 403,
      code: 'gateway.foreign-origin',
    });
    await open('', { origin: `http://127.0.0.1:${harness.port}` });
  });

  it('a cursor of blocks that the node no longer has', async () => {
    node.finalise();
    node.finalise();
    node.blocks[0] = node.blocks[1] as (typeof node.blocks)[number];
    const stream = await open('?topics=blocks&cursor=0');
    const [, refused] = await stream.take(2);
    assert.equal(refused?.error?.code, 'gateway.cursor-too-old');
  });
});

describe('the node', { timeout: 180_000 }, () => {
  it('closes a client that does not read, saying where to resume, and stalls nobody', async () => {
    const slow = await open('?topics=consensus');
    const quick = await open('?topics=consensus');
    await slow.next();
    await quick.next();
    slow.socket.pause();
    const event = { kind: 'large', text: 'x'.repeat(500_000) };
    // More than the sockets' buffers and the queue of one client hold together.
    for (let i = 0; i < 60; i++) {
      node.consensusEvent(event);
      assert.equal((await quick.next()).topic, 'consensus');
    }
    slow.socket.resume();
    let last = await slow.next();
    while (last.topic !== undefined) last = await slow.next();
    assert.equal(last.error?.code, 'gateway.slow-consumer');
    const [code] = await slow.closed;
    assert.equal(code, 1013);
    assert.equal(quick.socket.readyState, WebSocket.OPEN);
  });

  it('reads no more blocks for a client than it can take', async () => {
    const many = Array.from({ length: 2_000 }, (_, index) => makeTransaction(index + 1));
    for (let height = 1; height <= 30; height++) node.finalise(...many);
    const slow = await open('?topics=transactions&cursor=0');
    await slow.next();
    slow.socket.pause();
    let reads = -1;
    // Settled when a while passes without another read.
    while (reads !== node.reads) {
      reads = node.reads;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.ok(reads > 0 && reads < 30, `${reads} blocks were read`);
    slow.socket.resume();
    const all = await slow.take(30 * many.length);
    assert.equal(all.at(-1)?.cursor, `30.${many.length}`);
  });

  it('closes its streams with 1001 when it stops', async () => {
    const stream = await open('?topics=blocks');
    await stream.next();
    const closing = harness.app.close();
    const [code, reason] = await stream.closed;
    assert.deepEqual([code, String(reason)], [1001, 'the node stops']);
    await closing;
  });

  it('cuts off a client that does not answer the close', async () => {
    const stream = await open('?topics=blocks');
    await stream.next();
    stream.socket.pause();
    await harness.app.close();
  });
});
