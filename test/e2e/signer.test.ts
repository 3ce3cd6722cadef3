import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { addressOfKey, formatAddress, fromHex } from '#kernel';
import { VoteOracle } from '../harness/crash/vote-oracle.ts';
import { temporaryFolder } from '../harness/folder.ts';
import { getJson } from '../harness/founders.ts';
import { advance, heightOf, makePairNetwork, type Member, type PairNetwork } from '../harness/signer-pair.ts';
import { until } from '../harness/until.ts';

const SIGNS = 'this node has the lease of its key';
const STANDS_BY = 'stands by';
const GOES_ON = 'goes on without signing';

/** A validator of two nodes (active, standby) and a `node0 signer`, among two that sign for themselves. */
describe('a validator of two nodes and a signer', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let network: PairNetwork;
  let active: Member;
  let standby: Member;
  let witness: Member;
  let index: number;
  const oracle = new VoteOracle();

  before(async () => {
    folder = await temporaryFolder();
    network = await makePairNetwork(folder.path);
    const { plain, pair, signer, genesisHash } = network;
    [active, standby] = pair;
    [witness] = plain;
    await signer.start();
    await Promise.all([...plain, active].map(({ process }) => process.start()));
    await active.process.prints(SIGNS, 0);
    await standby.process.start();
    await standby.process.prints(STANDS_BY, 0);
    const peers = [...plain, ...pair].map(({ founder }) => founder.peer);
    await oracle.listen({ peers, chainId: 'founders-1', genesisHash });
    const { body } = await getJson(witness.founder, '/api/v2/validators');
    const own = formatAddress(addressOfKey('ed25519', fromHex(network.consensusKey)));
    index = (body as { items: { address: string }[] }).items.findIndex(({ address }) => address === own);
    assert.ok(index >= 0);
  });
  beforeEach(findRoles);
  after(async () => {
    await oracle.stop();
    await network.stop();
    await folder.remove();
  });

  /** The lease is short: on a busy machine it may change hands without a fault. Waits until one of the two has it. */
  async function findRoles(): Promise<void> {
    const signs = ({ process: { output } }: Member): boolean => {
      const [last, ...others] = [SIGNS, STANDS_BY, GOES_ON].map((text) => output.lastIndexOf(text));
      return others.every((other) => other < (last ?? -1));
    };
    active = await until('one of the pair has the lease', async () => {
      const [one, ...more] = network.pair.filter(signs);
      return more.length === 0 && one;
    });
    standby = network.pair.find((member) => member !== active) ?? standby;
  }

  /** Waits for a vote of the pair in a height that begins from now on. */
  async function pairSigns(): Promise<void> {
    const from = (await heightOf(witness)) + 1;
    await until(`the pair signs after height ${from}`, async () => oracle.lastHeight(index) > from);
  }

  /** The fault happens; blocks go on, and the standby has the lease in the end. */
  async function takesOver(fault: () => Promise<void> | void): Promise<void> {
    const from = standby.process.output.length;
    await fault();
    await standby.process.prints(SIGNS, from);
    await pairSigns();
  }

  const readiness = async ({ founder }: Member) =>
    (await getJson(founder, '/health/ready')).body as { status: string; reasons: string[] };

  it('signs by the active node while the standby follows', async () => {
    await pairSigns();
    const ready = await until('the standby is ready', async () => {
      const state = await readiness(standby);
      return state.status === 'ready' && state;
    });
    assert.deepEqual(ready.reasons, []);
  });

  it('goes on by the standby when the active node is paused, and the one that wakes up stands by', async () => {
    const paused = active;
    const from = paused.process.output.length;
    await takesOver(() => paused.process.pause());
    paused.process.resume();
    await paused.process.prints(STANDS_BY, from);
    await pairSigns();
  });

  it('goes on by the standby when the active node is killed, and takes it back as a standby', async () => {
    const killed = active;
    await takesOver(() => killed.process.kill());
    const from = killed.process.output.length;
    await killed.process.start();
    await killed.process.prints(STANDS_BY, from);
  });

  it('is as well without its standby', async () => {
    await standby.process.kill();
    await advance(witness, 2);
    await pairSigns();
    const from = standby.process.output.length;
    await standby.process.start();
    await standby.process.prints(STANDS_BY, from);
  });

  it('follows without signing while the signer is paused, says so, and signs again by itself', async () => {
    network.signer.pause();
    const state = await until('both say that the signer is away', async () => {
      const reasons = await Promise.all(
        [active, standby].map(async (member) => (await readiness(member)).reasons),
      );
      return (
        reasons.every((texts) => texts.some((text) => text.includes('[consensus.signer-unavailable]'))) &&
        reasons
      );
    });
    assert.equal(state.length, 2);
    await advance(witness, 3);
    const height = await heightOf(witness);
    await until('the active node is there as well', async () => (await heightOf(active)) >= height);
    network.signer.resume();
    await pairSigns();
  });

  it('signs again when a signer that was killed is started, and contradicts nothing', async () => {
    await network.signer.kill();
    await advance(witness, 2);
    await network.signer.start();
    await pairSigns();
  });

  it('left no double sign and no evidence, and one chain', async () => {
    const height = await advance(witness, 2);
    assert.deepEqual(oracle.findings, []);
    assert.ok(oracle.places > 50, `${oracle.places} places`);
    const { body } = await getJson(witness.founder, '/api/v2/evidence');
    assert.deepEqual((body as { items: unknown[] }).items, []);
    const hashes = new Set<unknown>();
    for (const member of [...network.plain, ...network.pair]) {
      await until('the block is there', async () => (await heightOf(member)) >= height);
      const block = await getJson(member.founder, `/api/v2/blocks/${height}`);
      hashes.add((block.body as { hash: string }).hash);
    }
    assert.equal(hashes.size, 1);
  });
});
