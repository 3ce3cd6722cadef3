import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { silentLogger } from '#kernel';
import { proposalDigest, voteDigest, type VoteBody } from '#services/block';
import { consensusError } from '../errors.ts';
import type { ConsensusSigner } from '../signer.ts';
import { createRemoteSigner } from '../signing/remote-signer.ts';
import { openSignerService } from '../signing/signer-service.ts';
import { INVALID_PREFIX } from './fake-chain.ts';
import { MemoryDirectory } from './memory-directory.ts';
import { fillableEngine, SIGNER, SignerLink } from './signer-link.ts';
import { GENESIS_HASH, grow, testKey, verifier, World, type TestNode } from './world.ts';

const LEASE_MS = 2_000;

/** A key that is slow or away, with no guard at all: consensus alone decides what is asked. */
class SlowKey implements ConsensusSigner {
  readonly isRemote = true;
  readonly publicKey: Uint8Array;
  readonly #world: World;
  readonly #sign: (digest: Uint8Array) => Uint8Array;
  readonly #listeners = new Set<() => void>();
  delayMs = 0;
  isAway = false;
  /** CONS-14: says whether the lock of the key forbids a vote. */
  forbids: (body: VoteBody) => boolean = () => false;

  constructor(world: World, index: number) {
    const key = testKey(index);
    this.publicKey = key.publicKey;
    this.#world = world;
    this.#sign = (digest) => key.sign(digest);
  }

  onReady(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  comeBack(): void {
    this.isAway = false;
    for (const listener of this.#listeners) listener();
  }

  async signVote(body: VoteBody): Promise<Uint8Array> {
    if (this.forbids(body)) throw consensusError('sign-locked', 'locked');
    return this.#later(voteDigest(body, GENESIS_HASH));
  }

  signProposal(body: Parameters<ConsensusSigner['signProposal']>[0]): Promise<Uint8Array> {
    return this.#later(proposalDigest(body, GENESIS_HASH));
  }

  async #later(digest: Uint8Array): Promise<Uint8Array> {
    if (this.isAway) throw consensusError('signer-unavailable', 'away');
    await new Promise<void>((resolve) => {
      this.#world.time.after(this.delayMs, resolve);
    });
    return this.#sign(digest);
  }
}

/** A network in which validator 0 has a slow key. */
async function slowWorld(validators: number): Promise<{ world: World; key: SlowKey; node: TestNode }> {
  const world = new World({ validators });
  const key = new SlowKey(world, 0);
  const node = await world.add(0, { signer: key });
  for (let index = 1; index < validators; index++) await world.add(index);
  return { world, key, node };
}

describe('consensus with a remote signer (CONS-15)', () => {
  it('finalises as with a local key when the signer is quick', async () => {
    const { world, key } = await slowWorld(3);
    key.delayMs = 5;
    await grow(world, 20, world.nodes);
    world.check();
    // The power of all three is needed: the slow key's votes are in every commit.
    assert.ok(world.nodes.every(({ events }) => events.every(({ kind }) => kind !== 'sign-refused')));
    await world.stopAll();
  });

  it('follows at full speed while signatures take minutes, and says none of them late', async () => {
    const { world, key, node } = await slowWorld(4);
    key.delayMs = 120_000;
    const startMs = world.time.now();
    await grow(world, 20, world.nodes);
    assert.ok(world.time.now() - startMs < 30_000, `${world.time.now() - startMs} ms`);
    const before = world.network.sent.length;
    await world.time.run(300_000);
    const late = world.network.sent
      .slice(before)
      .filter(({ from, message }) => from === node.id && message.kind === 'vote')
      .filter(({ message }) => message.kind === 'vote' && message.vote.validatorIndex === 0);
    assert.equal(late.length, 0);
    assert.deepEqual(node.fatal, []);
    await world.stopAll();
  });

  it('says a precommit that is signed when its height is final: the next block holds it (CONS-18)', async () => {
    const { world, key } = await slowWorld(4);
    key.delayMs = 40;
    for (let height = 1; height <= 10; height++) {
      await grow(world, 1, world.nodes);
      await world.time.run(100);
    }
    world.check();
    const blocks = world.nodes[1]?.disk.blocks.slice(1) ?? [];
    const signed = blocks.filter(({ block }) => block.lastCommit?.signatures[0] !== undefined);
    assert.equal(signed.length, blocks.length);
    await world.stopAll();
  });

  it('drops a signature that comes when its round is over', async () => {
    const { world, key, node } = await slowWorld(4);
    await grow(world, 2, world.nodes);
    key.delayMs = 1_000;
    let [late, rounds] = [0, 0];
    const witness = world.network.onSend;
    const said = new Set<string>();
    world.network.onSend = (sent) => {
      witness(sent);
      const round = node.consensus?.status().round ?? 0;
      rounds = Math.max(rounds, round);
      if (sent.from !== node.id || sent.message.kind !== 'vote' || sent.message.vote.validatorIndex !== 0)
        return;
      const { body } = sent.message.vote;
      const place = `${body.height} ${body.round} ${body.kind}`;
      if (!said.has(place) && body.height > 2 && body.round < round) late++;
      said.add(place);
    };
    // Every round ends without a block, by the votes of the others.
    world.submit(`${INVALID_PREFIX} never`);
    await world.time.run(10_000);
    assert.ok(rounds > 5, `${rounds} rounds`);
    assert.equal(late, 0);
    await world.stopAll();
  });

  it('goes on without signing while the signer is away', async () => {
    const { world, key, node } = await slowWorld(4);
    await grow(world, 3, world.nodes);
    key.isAway = true;
    await grow(world, 10, world.nodes);
    assert.ok(node.events.some(({ kind }) => kind === 'sign-refused'));
    key.comeBack();
    await grow(world, 3, world.nodes);
    world.check();
    await world.stopAll();
  });

  it('says what it could not when the signer is back: others may wait for it without a timeout', async () => {
    const { world, key } = await slowWorld(3);
    await grow(world, 3, world.nodes);
    key.isAway = true;
    world.submit('one that waits');
    assert.equal(await world.untilHeight(4, 60_000), false);
    key.comeBack();
    assert.equal(await world.untilHeight(4, 10_000), true);
    world.check();
    await world.stopAll();
  });

  it('prevotes nil where the lock of the key forbids the block: others wait for it without a timeout (CONS-14)', async () => {
    const { world, key, node } = await slowWorld(3);
    await grow(world, 3, world.nodes);
    const refused: VoteBody[] = [];
    key.forbids = (body) => {
      const isForbidden = body.kind === 'prevote' && body.round < 2 && body.blockHash !== undefined;
      if (isForbidden) refused.push(body);
      return isForbidden;
    };
    world.submit('one that another block is locked against');
    assert.equal(await world.untilHeight(4, 60_000), true);
    assert.ok(refused.length > 0);
    assert.ok(node.events.some(({ kind }) => kind === 'sign-refused'));
    world.check();
    await world.stopAll();
  });
});

/** A network of three in which validator 0 is two nodes with one signer; each validator's power is needed. */
async function pairWorld(seed: number) {
  const world = new World({ validators: 3, seed });
  const { engine, room } = await fillableEngine(world.time);
  const service = await openSignerService(
    { key: testKey(0), genesisHash: GENESIS_HASH, leaseMs: LEASE_MS },
    {
      engine,
      directory: new MemoryDirectory(),
      logger: silentLogger,
      onFatal: (error) => assert.fail(error.message),
    },
  );
  const pair: { node: TestNode; link: SignerLink }[] = [];
  for (const id of ['active', 'standby']) {
    const link = new SignerLink(id, service, world.time);
    const signer = createRemoteSigner(
      { publicKey: testKey(0).publicKey, genesisHash: GENESIS_HASH, signer: SIGNER, isFit: () => true },
      {
        transport: link,
        verifier,
        scheduler: world.time,
        random: { bytes: (count) => new Uint8Array(count), integer: world.random },
        logger: silentLogger,
      },
    );
    signer.start();
    pair.push({ node: await world.add(0, { id, signer }), link });
    await world.time.run(200);
  }
  for (const index of [1, 2]) await world.add(index);
  return { world, pair, room };
}

describe('a validator of two nodes and a signer (CONS-12, CONS-14, CONS-15)', () => {
  it('goes on when either node loses the signer or is cut off in the midst of a height', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const { world, pair } = await pairWorld(seed);
      await grow(world, 2, world.nodes);
      for (let fault = 0; fault < 6; fault++) {
        const { node, link } = pair[world.random(2)] as (typeof pair)[number];
        world.submit(`seed ${seed} fault ${fault}`);
        // At any instant of the height.
        await world.time.run(world.random(40));
        const isSilent = world.random(2) === 0;
        if (isSilent) link.isSilent = true;
        else link.connect(false);
        const others = world.nodes.filter((other) => other !== node);
        await grow(world, 2, others, 60_000);
        link.isSilent = false;
        if (!isSilent) link.connect(true);
        await grow(world, 1, others, 60_000);
        world.syncBlocks();
      }
      world.check();
      await world.stopAll();
    }
  });

  it('goes on when the engine could not write a vote down: the lease stays, others wait without a timeout', async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const { world, room } = await pairWorld(seed);
      await grow(world, 2, world.nodes);
      room.isFull = true;
      world.submit(`seed ${seed}`);
      await world.time.run(300 + world.random(3_000));
      room.isFull = false;
      assert.equal(await world.untilHeight(3, 5_000), true, `seed ${seed}`);
      world.check();
      await world.stopAll();
    }
  });

  it('goes on by the other node when the one that signs dies at any instant, with what it had not sent', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const { world, pair } = await pairWorld(seed);
      await grow(world, 2, world.nodes);
      const [{ node, link }] = pair as [(typeof pair)[number]];
      world.submit(`seed ${seed}`);
      await world.time.run(world.random(16));
      world.crash(node);
      link.isSilent = true;
      const others = world.nodes.filter((other) => other !== node);
      await grow(world, 2, others, 60_000);
      world.check();
      await world.stopAll();
    }
  });

  it('says what the other node had the key say and nobody heard (CONS-16)', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const { world, pair } = await pairWorld(seed);
      await grow(world, 2, world.nodes);
      const [{ node, link }] = pair as [(typeof pair)[number]];
      // The node that signs hears nobody and is not heard, but reaches the signer: it votes nil in vain, and dies.
      world.network.passes = ({ from, to }) => from !== node.id && to !== node.id;
      world.submit(`seed ${seed}`);
      await world.time.run(600 + world.random(600));
      world.crash(node);
      link.isSilent = true;
      await grow(
        world,
        2,
        world.nodes.filter((other) => other !== node),
        60_000,
      );
      world.check();
      await world.stopAll();
    }
  });
});
