import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeNode, makeTransaction } from './fakes.ts';
import { StreamHarness } from './stream-harness.ts';

describe('a stream under pressure', { timeout: 30_000 }, () => {
  it('gives up on a replay that nobody reads, with the cursor to go on from', async () => {
    const harness = new StreamHarness();
    const node = new FakeNode();
    await harness.start(node, { stallMs: 1_000 });
    const many = Array.from({ length: 2_000 }, (_, index) => makeTransaction(index + 1));
    for (let height = 1; height <= 30; height++) node.finalise(...many);
    const stuck = await harness.open('?topics=transactions&cursor=0');
    await stuck.next();
    stuck.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
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
