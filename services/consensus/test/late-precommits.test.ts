import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toHex } from '#kernel';
import { LateWorld, SLOW } from './late-world.ts';

const NIL = undefined;
const OTHER = new Uint8Array(32).fill(7);

describe('precommits that come after their height is final (CONS-17, CONS-18)', () => {
  it('one of the round and block is in the commit of the next block', async () => {
    const late = await LateWorld.start();
    await late.deliver(late.vote());
    assert.deepEqual(await late.signersInNextBlock(), [0, 1, 2, SLOW]);
    assert.deepEqual(late.signersAt(1), [0, 1, 2], 'what finalised it here stays what it was');
    await late.world.stopAll();
  });

  it('one that waits in the queue goes before what begins the next height', async () => {
    const late = await LateWorld.start();
    late.world.submit('next');
    late.hand(late.vote());
    assert.deepEqual(await late.signersInNextBlock(), [0, 1, 2, SLOW]);
    await late.world.stopAll();
  });

  it('without one the commit is that which finalised the height', async () => {
    const late = await LateWorld.start();
    assert.deepEqual(await late.signersInNextBlock(), [0, 1, 2]);
    await late.world.stopAll();
  });

  it('one whose signature is wrong is not in it, and who sent it is reported', async () => {
    const late = await LateWorld.start();
    const forged = { ...late.vote(), signature: new Uint8Array(64).fill(1) };
    await late.deliver(forged, 'forger');
    assert.deepEqual(await late.signersInNextBlock(), [0, 1, 2]);
    const reports = late.world.network.reports;
    assert.deepEqual(
      reports.map(({ by, peer, offence }) => `${by} ${peer} ${offence}`),
      late.world.nodes.map(({ id }) => `${id} forger invalid`),
    );
    await late.world.stopAll();
  });

  it('a forged one does not keep the true one out', async () => {
    const late = await LateWorld.start();
    await late.deliver({ ...late.vote(), signature: new Uint8Array(64).fill(1) }, 'forger');
    await late.deliver(late.vote());
    assert.deepEqual(await late.signersInNextBlock(), [0, 1, 2, SLOW]);
    await late.world.stopAll();
  });

  for (const [what, body] of [
    ['a prevote', { kind: 'prevote' }],
    ['one of another round', { round: 1 }],
    ['one of another block', { blockHash: OTHER }],
    ['one for nil', { blockHash: NIL }],
  ] as const) {
    it(`${what} is not in it, and nobody is reported`, async () => {
      const late = await LateWorld.start();
      await late.deliver(late.vote(body));
      assert.deepEqual(await late.signersInNextBlock(), [0, 1, 2]);
      assert.deepEqual(late.world.network.reports, []);
      await late.world.stopAll();
    });
  }

  it('one for another block by who is in the commit is an equivocation, told once', async () => {
    const late = await LateWorld.start();
    await late.deliver(late.vote());
    for (const byte of [7, 8, 9]) {
      await late.deliver(late.vote({ blockHash: new Uint8Array(32).fill(byte) }));
    }
    await late.deliver(late.vote({ blockHash: NIL }));
    for (const { events } of late.world.nodes) {
      const found = events.filter((event) => event.kind === 'equivocation');
      assert.deepEqual(
        found.map(({ first, second }) => [first.body.blockHash, second.body.blockHash].map((h) => h?.[0])),
        [[late.blockHash[0], 7]],
      );
      const [event] = found;
      assert.deepEqual(event?.first.signature, late.vote().signature);
      assert.equal(
        toHex(event?.validator ?? OTHER),
        toHex(late.world.set.validators[SLOW]?.address ?? OTHER),
      );
    }
    assert.deepEqual(await late.signersInNextBlock(), [0, 1, 2, SLOW]);
    await late.world.stopAll();
  });

  it('one after a precommit for nil in the round is counted, and is an equivocation', async () => {
    const late = await LateWorld.start({ nilFirst: true });
    await late.deliver(late.vote());
    for (const { events } of late.world.nodes) {
      assert.equal(events.filter(({ kind }) => kind === 'equivocation').length, 1);
    }
    assert.deepEqual(await late.signersInNextBlock(), [0, 1, 2, SLOW]);
    await late.world.stopAll();
  });

  it('one of the height before the last is dropped', async () => {
    const late = await LateWorld.start();
    await late.signersInNextBlock();
    const dropped = late.world.nodes.map(({ consensus }) => consensus?.statistics().votesDropped ?? 0);
    await late.deliver(late.vote());
    assert.deepEqual(
      late.world.nodes.map(({ consensus }) => consensus?.statistics().votesDropped ?? 0),
      dropped.map((count) => count + 1),
    );
    await late.world.stopAll();
  });

  it('after a restart the stored commit is the one that is proposed', async () => {
    const late = await LateWorld.start();
    await late.deliver(late.vote());
    for (const node of late.world.nodes) {
      late.world.crash(node);
      await late.world.start(node);
    }
    await late.deliver(late.vote());
    assert.deepEqual(await late.signersInNextBlock(), [0, 1, 2]);
    late.world.check();
    await late.world.stopAll();
  });

  it('nobody relays them', async () => {
    const late = await LateWorld.start();
    const before = late.world.network.sent.length;
    await late.deliver(late.vote());
    await late.world.time.run(800);
    const relayed = late.world.network.sent
      .slice(before)
      .filter(({ message }) => message.kind === 'vote' && message.vote.body.height === 1);
    assert.equal(relayed.length, 0);
    await late.world.stopAll();
  });
});
