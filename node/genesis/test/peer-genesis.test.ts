import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { silentLogger, toHex, type CodedError } from '#kernel';
import { VirtualTime } from '../../../services/consensus/test/virtual-time.ts';
import { PeerGenesis } from '../peer-genesis.ts';

const hashOf = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const OWN = 1;
const LONG_MS = 600_000;

/** A node with the genesis `OWN` that was told of the peers. */
function watchOf(peers: readonly string[]) {
  const time = new VirtualTime();
  const errors: CodedError[] = [];
  const state = { hasBegun: false };
  const watch = new PeerGenesis({
    genesisHash: toHex(hashOf(OWN)),
    peers: new Set(peers),
    hasBegun: () => state.hasBegun,
    scheduler: time,
    logger: silentLogger,
    onDiffering: (error) => errors.push(error),
  });
  const answer = (peer: string, fill: number): void =>
    watch.take({
      peer,
      hello: { protocolVersion: 1, chainId: 'x', genesisHash: hashOf(fill), role: '', agent: '', height: 0 },
    });
  return { time, errors, state, watch, answer };
}

describe('a node whose peers have another genesis', () => {
  it('ends, and names its own hash and those of the others with how many have them', async () => {
    const { time, errors, answer } = watchOf(['a', 'b', 'c', 'd']);
    for (const [peer, fill] of [
      ['a', 3],
      ['b', 2],
      ['c', 2],
    ] as const)
      answer(peer, fill);
    await time.run(LONG_MS);
    assert.equal(errors.length, 1);
    assert.equal(errors[0]?.code, 'genesis.peers-differ');
    const [own, two, three] = [OWN, 2, 3].map((fill) => toHex(hashOf(fill)));
    assert.ok(
      errors[0].message.includes(
        `its hash is ${own}, the others have ${two} (2 of 4 peers), ${three} (1 of 4 peers)`,
      ),
      errors[0].message,
    );
    assert.deepEqual(errors[0].details['others'], [
      { genesisHash: two, peers: 2 },
      { genesisHash: three, peers: 1 },
    ]);
  });

  it('ends over its only peer', async () => {
    const { time, errors, answer } = watchOf(['a']);
    answer('a', 2);
    await time.run(LONG_MS);
    assert.equal(errors.length, 1);
  });

  it('goes on while half of its peers or fewer have answered: few must not end it before the others are up', async () => {
    const { time, errors, answer } = watchOf(['a', 'b', 'c', 'd']);
    for (let times = 0; times < 5; times++) {
      answer('a', 2);
      answer('b', 3);
      await time.run(LONG_MS);
    }
    assert.deepEqual(errors, []);
  });

  it('goes on when one peer has the same, whether it answers before or soon after the others', async () => {
    for (const order of [
      ['a', 'b', 'c'],
      ['b', 'c', 'a'],
    ]) {
      const { time, errors, answer } = watchOf(['a', 'b', 'c']);
      for (const peer of order) {
        answer(peer, peer === 'a' ? OWN : 2);
        await time.run(1_000);
      }
      await time.run(LONG_MS);
      assert.deepEqual(errors, []);
    }
  });

  it('does not count strangers, however many identities they have', async () => {
    const { time, errors, answer } = watchOf(['a', 'b']);
    for (let stranger = 0; stranger < 1_000; stranger++) answer(`stranger-${stranger}`, 2);
    answer('a', 2);
    await time.run(LONG_MS);
    assert.deepEqual(errors, []);
  });

  it('goes on when a peer comes back with the right genesis in time', async () => {
    const { time, errors, answer } = watchOf(['a']);
    answer('a', 2);
    await time.run(1_000);
    answer('a', OWN);
    await time.run(LONG_MS);
    assert.deepEqual(errors, []);
  });

  it('goes on when its chain has begun, or begins meanwhile, and after it was stopped', async () => {
    const begun = watchOf(['a']);
    begun.state.hasBegun = true;
    begun.answer('a', 2);
    const meanwhile = watchOf(['a']);
    meanwhile.answer('a', 2);
    meanwhile.state.hasBegun = true;
    const stopped = watchOf(['a']);
    stopped.answer('a', 2);
    stopped.watch.stop();
    for (const { time, errors } of [begun, meanwhile, stopped]) {
      await time.run(LONG_MS);
      assert.deepEqual(errors, []);
    }
  });
});
