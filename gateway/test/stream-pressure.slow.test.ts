import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { FakeNode, makeTransaction } from './fakes.ts';
import { StreamHarness } from './stream-harness.ts';

const STALL_MS = 1_000;

describe('a stream under pressure', { timeout: 180_000 }, () => {
  it('gives up on a replay that nobody reads, with the cursor to go on from', async () => {
    const harness = new StreamHarness();
    const node = new FakeNode();
    await harness.start(node, { stallMs: STALL_MS });
    const many = Array.from({ length: 2_000 }, (_, index) => makeTransaction(index + 1));
    for (let height = 1; height <= 30; height++) node.finalise(...many);
    const stuck = await harness.open('?topics=transactions&cursor=0');
    await stuck.next();
    stuck.socket.pause();
    // It reads blocks until nobody takes them; a stall that has lasted longer than it may is over.
    for (let reads = -1; reads !== node.reads;) {
      reads = node.reads;
      await pause(1.5 * STALL_MS);
    }
    stuck.socket.resume();
    let [count, last] = [0, await stuck.next()];
    for (; last.topic !== undefined; last = await stuck.next()) count++;
    assert.equal(last.error?.code, 'gateway.slow-consumer');
    const resumed = await harness.open(`?topics=transactions&cursor=${last.cursor}`);
    await resumed.next();
    const rest = await resumed.take(30 * many.length - count);
    assert.equal(rest.at(-1)?.cursor, `30.${many.length}`);
    await harness.stop();
  });
});
