import assert from 'node:assert/strict';
import { voteDigest, type Commit, type VoteBody } from '#services/block';
import { encodeMessage } from '../wire/codec.ts';
import type { SignedVote } from '../wire/messages.ts';
import { GENESIS_HASH, grow, testKey, World } from './world.ts';

/** The validator whose votes come when a test says so. */
export const SLOW = 3;

/** Three of four validators that have finalised height 1, without a vote of the fourth for its block. */
export class LateWorld {
  readonly world: World;
  readonly #body: VoteBody & { readonly blockHash: Uint8Array };

  private constructor(world: World, { height, round, blockHash }: Commit) {
    this.world = world;
    this.#body = { kind: 'precommit', height, round, blockHash };
  }

  /** @param options `nilFirst`: the fourth precommits nil in round 0 before the others have decided */
  static async start({ nilFirst = false } = {}): Promise<LateWorld> {
    const world = new World({ validators: 4 });
    for (let index = 0; index < SLOW; index++) await world.add(index);
    const nil = signed({ kind: 'precommit', height: 1, round: 0, blockHash: undefined });
    if (nilFirst) {
      for (const { id } of world.nodes)
        world.network.inject('slow', id, encodeMessage({ kind: 'vote', vote: nil }));
    }
    await grow(world, 1, world.nodes);
    await world.time.run(20);
    const commit = world.nodes[0]?.disk.blocks[0]?.commit;
    assert.ok(commit !== undefined && commit.round === 0);
    return new LateWorld(world, commit);
  }

  get blockHash(): Uint8Array {
    return this.#body.blockHash;
  }

  /** The precommit of the slow validator for the final block of height 1, or one that differs. */
  vote(differs: Partial<VoteBody> = {}): SignedVote {
    return signed({ ...this.#body, ...differs });
  }

  /** Gives a vote to all nodes at this very instant. */
  hand(vote: SignedVote, peer = 'slow'): void {
    for (const { id } of this.world.nodes)
      this.world.network.hand(peer, id, encodeMessage({ kind: 'vote', vote }));
  }

  async deliver(vote: SignedVote, peer?: string): Promise<void> {
    this.hand(vote, peer);
    await this.world.time.run(5);
  }

  /** Makes height 2 final. @returns the validators whose precommits of height 1 its block holds, everywhere the same */
  async signersInNextBlock(): Promise<number[]> {
    const { world } = this;
    if (world.nodes.every((node) => world.heightOf(node) < 2)) world.submit('next');
    assert.equal(await world.untilHeight(2, 10_000), true);
    world.check();
    return signersOf(world.nodes[0]?.disk.blocks[1]?.block.lastCommit);
  }

  /** The validators in the commit that finalised a height at the first node. */
  signersAt(height: number): number[] {
    return signersOf(this.world.nodes[0]?.disk.blocks[height - 1]?.commit);
  }
}

function signed(body: VoteBody): SignedVote {
  return { body, validatorIndex: SLOW, signature: testKey(SLOW).sign(voteDigest(body, GENESIS_HASH)) };
}

function signersOf(commit: Commit | undefined): number[] {
  assert.ok(commit !== undefined);
  return [...commit.signatures.keys()].filter((index) => commit.signatures[index] !== undefined);
}
