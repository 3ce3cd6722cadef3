import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { grow, worldOf, type TestNode } from './world.ts';

const SEEDS = Number(process.env['CONSENSUS_SEEDS'] ?? 20);
const FIRST_SEED = Number(process.env['CONSENSUS_FIRST_SEED'] ?? 1);

describe('durability before speech (CONS-8)', () => {
  for (const file of ['wal', 'last-sign']) {
    it(`no vote and no proposal leaves before the sync of ${file} ends`, async () => {
      const world = await worldOf(4);
      const [slow] = world.nodes as [TestNode];
      slow.directory.held = file;
      world.submit('first');
      await world.untilHeight(1, 3_000, world.nodes.slice(1));
      const spoken = () =>
        world.network.sent.filter(
          ({ message }) =>
            (message.kind === 'vote' && message.vote.validatorIndex === 0) ||
            (message.kind === 'proposal' && message.proposal.proposerIndex === 0),
        ).length;
      assert.equal(spoken(), 0);
      slow.directory.release();
      await world.time.run(500);
      assert.ok(spoken() > 0);
      world.check();
      await world.stopAll();
    });
  }

  it('every vote is preceded by a sync of the log after its last write, then by one of the guard', async () => {
    const world = await worldOf(4);
    const [node] = world.nodes as [TestNode];
    const witness = world.network.onSend;
    world.network.onSend = (sent) => {
      witness(sent);
      const isOwn =
        sent.from === node.id && sent.message.kind === 'vote' && sent.message.vote.validatorIndex === 0;
      if (isOwn) node.directory.journal.push(`say ${sent.message.kind}`);
    };
    node.directory.journal.length = 0;
    await grow(world, 10, world.nodes);
    const lines = node.directory.journal.filter((line, index, all) => line !== all[index - 1]);
    const said = [...lines.keys()].filter((index) => lines[index] === 'say vote');
    assert.ok(said.length >= 15);
    for (const index of said) {
      const before = lines.slice(0, index);
      assert.equal(before.at(-1), 'sync last-sign');
      const wrote = before.findLastIndex((line) => line.startsWith('write wal'));
      const synced = before.findLastIndex((line) => line.startsWith('sync wal'));
      assert.ok(synced > wrote, 'the log was synced after its last write');
    }
    await world.stopAll();
  });
});

describe('crashes', () => {
  it('a validator that crashes at any instant never contradicts itself, and the network goes on', async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      const world = await worldOf(4, seed);
      world.network.loss = seed % 3 === 0 ? 15 : 0;
      for (let crash = 0; crash < 6; crash++) {
        world.submit(`transaction ${crash}`);
        await world.time.run(1 + world.random(40));
        const node = world.nodes[world.random(4)] as TestNode;
        world.crash(node);
        await world.time.run(world.random(300));
        await world.start(node);
      }
      world.network.loss = 0;
      const target = Math.max(...world.nodes.map((node) => world.heightOf(node))) + 2;
      world.submit('last');
      let isThere = false;
      for (let turn = 0; turn < 30 && !isThere; turn++) {
        world.syncBlocks();
        isThere = await world.untilHeight(target, 2_000);
      }
      assert.equal(isThere, true, `seed ${seed} did not go on`);
      world.check();
      await world.stopAll();
    }
  });

  it('all crash at once while locked: the locked block survives and is finalised', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const world = await worldOf(4, seed);
      // Everybody locks, nobody sees a quorum of precommits.
      world.network.passes = ({ message }) =>
        !(message.kind === 'vote' && message.vote.body.kind === 'precommit');
      world.submit('locked');
      const isLocked = (node: TestNode) =>
        node.events.some((event) => event.kind === 'entered' && event.step === 'precommit');
      assert.equal(await world.time.runUntil(() => world.nodes.every(isLocked), 2_000), true);
      for (const node of world.nodes) world.crash(node);
      for (const node of world.nodes) node.mempool.clear();
      world.network.passes = () => true;
      for (const node of world.nodes) await world.start(node);
      assert.equal(await world.untilHeight(1, 20_000), true, `seed ${seed}`);
      assert.equal(world.nodes[0]?.disk.blocks[0]?.block.transactions.length, 1);
      world.check();
      await world.stopAll();
    }
  });

  it('a restart on the same disk says the same again', async () => {
    const world = await worldOf(4);
    const [node] = world.nodes as [TestNode];
    world.network.passes = ({ message }) => message.kind === 'round-state';
    world.submit('once');
    await world.time.run(50);
    const sentBefore = world.network.sent.filter(
      ({ from, message }) => from === node.id && message.kind === 'proposal',
    );
    assert.ok(sentBefore.length > 0);
    await world.stop(node);
    await world.start(node);
    world.network.passes = () => true;
    assert.equal(await world.untilHeight(1, 10_000), true);
    const first = sentBefore[0]?.message;
    assert.equal(first?.kind, 'proposal');
    world.check();
    await world.stopAll();
  });
});
