import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeMessage } from '../wire/codec.ts';
import { INVALID_PREFIX, OLD_EVIDENCE_PREFIX } from './fake-chain.ts';
import { grow, World, worldOf, type TestNode } from './world.ts';

describe('healthy networks', () => {
  it('four validators finalise fifty heights without a timeout, each within a few network delays', async () => {
    const world = await worldOf(4);
    const startMs = world.time.now();
    await grow(world, 50, world.nodes);
    // Three one-way delays of 2 to 4 ms a height: proposal, prevotes, precommits.
    assert.ok(world.time.now() - startMs <= 50 * 13, `${world.time.now() - startMs} ms`);
    assert.ok(world.nodes.every(({ events }) => events.every(({ kind }) => kind !== 'timeout')));
    world.check();
    await world.stopAll();
  });

  it('one validator alone finalises', async () => {
    const world = await worldOf(1);
    await grow(world, 10, world.nodes);
    world.check();
    await world.stopAll();
  });

  it('a block comes after the interval when there is nothing to put in it, and not before', async () => {
    const world = await worldOf(4);
    await grow(world, 1, world.nodes);
    assert.equal(await world.untilHeight(2, 900), false);
    assert.equal(await world.untilHeight(2, 200), true);
    world.check();
    await world.stopAll();
  });

  it('an observer follows and says nothing but what it has', async () => {
    const world = await worldOf(4);
    const observer = await world.add(4);
    await grow(world, 5, world.nodes);
    assert.equal(world.heightOf(observer), 5);
    const own = world.network.sent.filter(
      ({ from, message }) => from === observer.id && message.kind !== 'round-state',
    );
    assert.equal(own.length, 0);
    assert.equal(observer.consensus?.status().validatorIndex, undefined);
    await world.stopAll();
  });

  it('nothing is said before the genesis time', async () => {
    const world = new World({ validators: 4, genesisInMs: 90_000 });
    await world.addAll();
    world.submit('early');
    await world.time.run(89_000);
    assert.equal(world.network.sent.length, 0);
    assert.equal(await world.untilHeight(1, 3_000), true);
    await world.stopAll();
  });

  it('status and statistics tell where it stands', async () => {
    const world = await worldOf(4);
    await grow(world, 3, world.nodes);
    const node = world.nodes[2] as TestNode;
    const status = node.consensus?.status();
    assert.equal(status?.height, 4);
    assert.equal(status?.step, 'waiting');
    assert.equal(status?.validatorIndex, 2);
    assert.equal(status?.proposer?.length, 20);
    const statistics = node.consensus?.statistics();
    assert.equal(statistics?.heights, 3);
    assert.equal(statistics?.rounds, 3);
    await world.stopAll();
  });
});

describe('failures', () => {
  it('goes on with one of four down', async () => {
    const world = await worldOf(4);
    const [, , , down] = world.nodes as [TestNode, TestNode, TestNode, TestNode];
    await grow(world, 2, world.nodes);
    world.crash(down);
    const up = world.nodes.filter((node) => node !== down);
    await grow(world, 12, up);
    world.check();
    assert.ok((up[0]?.consensus?.statistics().proposalsMissed ?? 0) > 0);
    await world.stopAll();
  });

  it('stops with two of four down and goes on when one returns', async () => {
    const world = await worldOf(4);
    const [a, b, c, d] = world.nodes as [TestNode, TestNode, TestNode, TestNode];
    await grow(world, 2, world.nodes);
    world.crash(c);
    world.crash(d);
    world.submit('stuck', [a, b]);
    assert.equal(await world.untilHeight(3, 30_000, [a]), false);
    await world.start(c);
    assert.equal(await world.untilHeight(3, 20_000, [a, b, c]), true);
    await grow(world, 3, [a, b, c]);
    world.check();
    await world.stopAll();
  });

  it('recovers what a lossy network drops by the exchange of round states', async () => {
    for (const loss of [20, 45]) {
      const world = await worldOf(4, loss);
      world.network.loss = loss;
      await grow(world, 10, world.nodes, 120_000);
      world.check();
      await world.stopAll();
    }
  });

  it('heals after a partition', async () => {
    const world = await worldOf(4, 5);
    const side = (id: string) => (id === 'n0' || id === 'n1' ? 0 : 1);
    world.network.passes = ({ from, to }) => side(from) === side(to);
    world.submit('split');
    assert.equal(await world.untilHeight(1, 10_000), false);
    world.network.passes = () => true;
    assert.equal(await world.untilHeight(1, 10_000), true);
    world.check();
    await world.stopAll();
  });

  it('a node that missed the end of a height gets its commit from the others', async () => {
    const world = await worldOf(4);
    const [, , , late] = world.nodes as [TestNode, TestNode, TestNode, TestNode];
    world.network.passes = ({ to }) => to !== late.id;
    const others = world.nodes.filter((node) => node !== late);
    await grow(world, 1, others);
    assert.equal(world.heightOf(late), 0);
    world.network.passes = () => true;
    assert.equal(await world.untilHeight(1, 3_000, [late]), true);
    await grow(world, 3, world.nodes);
    world.check();
    await world.stopAll();
  });

  it('fetches the transactions of a proposal that its mempool lacks', async () => {
    const world = await worldOf(4);
    const proposer = world.nodes[0] as TestNode;
    world.submit('known to the proposer alone', [proposer]);
    assert.equal(await world.untilHeight(1, 5_000), true);
    assert.equal(proposer.disk.blocks[0]?.block.transactions.length, 1);
    assert.equal(world.nodes[1]?.consensus?.statistics().transactionsFetched, 1);
    await world.stopAll();
  });

  it('votes nil for an invalid block and decides another in a later round', async () => {
    const world = await worldOf(4);
    const proposer = world.nodes[0] as TestNode;
    world.submit(`${INVALID_PREFIX} transaction`, [proposer]);
    world.submit('sound', world.nodes.slice(1));
    assert.equal(await world.untilHeight(1, 10_000), true);
    const commit = proposer.disk.blocks[0]?.commit;
    assert.ok((commit?.round ?? 0) > 0);
    assert.ok(world.nodes[1]?.events.some(({ kind }) => kind === 'invalid-proposal'));
    world.check();
    await world.stopAll();
  });

  it('follows the others where it cannot judge a block for want of history (EVID-15)', async () => {
    const world = await worldOf(4);
    await grow(world, 2, world.nodes);
    const [joined, ...others] = world.nodes as [TestNode, ...TestNode[]];
    joined.hasHistory = false;
    world.submit(`${OLD_EVIDENCE_PREFIX} of a height before its snapshot`);
    assert.equal(await world.untilHeight(3, 10_000, others), true);
    await world.time.run(1_000);
    assert.equal(world.heightOf(joined), 2);
    world.check();
    world.syncBlocks();
    joined.mempool.clear();
    await grow(world, 3, world.nodes);
    world.check();
    await world.stopAll();
  });

  it('votes nil for a block whose time is off, and finalises with the next proposer', async () => {
    const world = await worldOf(4);
    // The first proposal reaches the others later than delay and precision allow.
    world.network.latencyMs = 1;
    world.network.passes = ({ from, message }) => !(message.kind === 'proposal' && from === 'n0');
    world.submit('slow');
    assert.equal(await world.untilHeight(1, 10_000), true);
    assert.ok((world.nodes[1]?.disk.blocks[0]?.commit.round ?? 0) > 0);
    world.check();
    await world.stopAll();
  });

  it('a node that lost the proposal while it was waiting gets it within a few exchanges', async () => {
    const world = await worldOf(4);
    const late = world.nodes[3] as TestNode;
    // Long enough for everybody's next round state to be an idle one.
    await world.time.run(500);
    world.network.passes = ({ to, message }) => to !== late.id || message.kind === 'round-state';
    world.submit('one', world.nodes.slice(0, 3));
    await world.time.run(8);
    world.network.passes = ({ to, from }) => to !== late.id || from === 'n0';
    assert.equal(await world.untilHeight(1, 250, [late]), true);
    await world.stopAll();
  });

  it('leaves a height that block sync finalised, and takes no part while paused', async () => {
    const world = await worldOf(4);
    const [a, , , behind] = world.nodes as [TestNode, TestNode, TestNode, TestNode];
    const others = world.nodes.filter((node) => node !== behind);
    behind.consensus?.pause();
    await grow(world, 4, others);
    assert.equal(world.heightOf(behind), 0);
    assert.equal(behind.consensus?.statistics().votesReceived, 0);

    behind.disk.blocks.push(...a.disk.blocks);
    behind.consensus?.resume();
    await world.time.run(50);
    assert.equal(behind.consensus?.status().height, 5);
    await grow(world, 2, world.nodes);
    world.check();
    await world.stopAll();
  });

  it('goes on from the tip that block sync led to, though nobody else speaks', async () => {
    const world = await worldOf(4);
    const behind = world.nodes[3] as TestNode;
    behind.consensus?.pause();
    await grow(world, 3, world.nodes.slice(0, 3));
    world.network.passes = () => false;
    for (const { block, commit } of world.nodes[0]?.disk.blocks ?? []) {
      await behind.finalise(block, commit);
      await world.time.run(1);
    }
    behind.consensus?.resume();
    await world.time.run(50);
    assert.equal(behind.consensus?.status().height, 4);
    await world.stopAll();
  });

  it('leaves no timer behind when it is stopped while a height begins', async () => {
    const world = new World({ validators: 1, logSegmentBytes: 1 });
    const node = await world.add(0);
    const { directory, consensus } = node;
    const open = directory.open.bind(directory);
    let isOpening = false;
    // Each height begins a segment of the log, which takes its time.
    directory.open = async (name) => {
      isOpening = true;
      await new Promise<void>((resolve) => void world.time.after(50, resolve));
      return open(name);
    };
    world.submit('something');
    assert.equal(await world.time.runUntil(() => isOpening, 1_000), true);
    const stopped = consensus?.stop();
    await world.time.run(100);
    await stopped;
    let timers = 0;
    const after = world.time.after.bind(world.time);
    world.time.after = (...timer) => {
      timers++;
      return after(...timer);
    };
    await world.time.run(5_000);
    assert.equal(timers, 0);
  });

  it('keeps no round state of a peer that is gone', async () => {
    const world = await worldOf(2);
    const [node, other] = world.nodes as [TestNode, TestNode];
    await world.time.run(1_500);
    const state = world.network.sent.findLast(
      ({ from, message }) => from === other.id && message.kind === 'round-state',
    )?.message;
    assert.ok(state !== undefined);
    assert.equal(node.consensus?.status().peersAtHeight, 1);
    other.kill();
    // What was on its way comes after the connection has ended.
    world.network.hand(other.id, node.id, encodeMessage(state));
    assert.equal(node.consensus?.status().peersAtHeight, 0);
    await world.stopAll();
  });

  it('stops at once and for good when its disk fails, and says why', async () => {
    const world = await worldOf(4);
    const [broken] = world.nodes as [TestNode];
    await grow(world, 1, world.nodes);
    broken.directory.failSyncs = true;
    world.submit('after', world.nodes);
    const others = world.nodes.slice(1);
    assert.equal(await world.untilHeight(4, 20_000, others), true);
    assert.deepEqual(
      broken.fatal.map(({ code }) => code),
      ['consensus.storage-failed'],
    );
    assert.equal(broken.consensus?.status().fatal?.code, 'consensus.storage-failed');
    const said = world.network.sent.filter(
      ({ from, message }) => from === broken.id && message.kind === 'vote' && message.vote.body.height > 1,
    );
    assert.deepEqual(
      said.filter(({ message }) => message.kind === 'vote' && message.vote.validatorIndex === 0),
      [],
    );
    await world.stopAll();
  });
});
