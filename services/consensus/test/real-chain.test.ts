import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { toHex } from '#kernel';
import { systemClock, systemScheduler, verifySignature } from '#runtime';
import { keyPossessionDigest } from '#services/transaction';
import { DEFAULT_STAKING } from '#services/validator';
import { MemoryNetwork } from './memory-network.ts';
import {
  ACCOUNT,
  addressOf,
  finalAt,
  genesisOf,
  IDENTITY,
  keyOf,
  signed,
  startNode,
  transfer,
  type RealNode,
} from './real-network.ts';

const FINAL_MS_MAX = 100;
/** What is verified to see how fast the machine is: about as much work as a height of four nodes. */
const YARDSTICK_SIGNATURES = 500;
const FINAL_YARDSTICKS_MAX = 3;

/** Milliseconds that a fixed piece of work takes now, beside whatever else runs. */
function yardstickMs(): number {
  const digest = new Uint8Array(32).fill(1);
  const key = keyOf(0);
  const check = { publicKey: key.publicKey, digest, signature: key.sign(digest) };
  const startMs = systemClock.monotonic();
  for (let count = 0; count < YARDSTICK_SIGNATURES; count++) assert.ok(verifySignature(check));
  return systemClock.monotonic() - startMs;
}

const medianOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Infinity;

describe('consensus over the real chain, ledger, files and keys', () => {
  it('an idle network of four finalises a transaction in well under 100 ms, or as soon as a slower machine can, many times', async (context) => {
    const path = await mkdtemp(join(tmpdir(), 'consensus-real-'));
    const network = new MemoryNetwork(systemScheduler, () => 0);
    network.latencyMs = 0;
    const genesis = genesisOf(4, systemClock.now() - 1_000);
    const nodes: RealNode[] = [];
    try {
      for (let index = 0; index < 4; index++) nodes.push(await startNode(path, index, genesis, network));
      const took: number[] = [];
      const yardsticks: number[] = [];
      for (let height = 1; height <= 12; height++) {
        const final = Promise.all(nodes.map(({ chain }) => finalAt(chain, height)));
        const transaction = transfer(height - 1);
        const startMs = systemClock.monotonic();
        for (const node of nodes) node.submit(transaction);
        await final;
        took.push(systemClock.monotonic() - startMs);
        yardsticks.push(yardstickMs());
      }
      const [median, yardstick] = [medianOf(took), medianOf(yardsticks)];
      context.diagnostic(
        `median ${median.toFixed(1)} ms from submission to finality on all four; the yardstick ${yardstick.toFixed(1)} ms`,
      );
      const maxMs = Math.max(FINAL_MS_MAX, FINAL_YARDSTICKS_MAX * yardstick);
      assert.ok(median < maxMs, `median ${median} ms, of at most ${maxMs} ms`);
      const hashes = new Set(nodes.map(({ chain }) => toHex(chain.tip().blockHash)));
      assert.equal(hashes.size, 1);
      assert.deepEqual(
        nodes.map(({ consensus }) => consensus.status().fatal),
        [undefined, undefined, undefined, undefined],
      );
      assert.equal((await nodes[0]?.chain.transaction(transfer(5).hash))?.receipt.status, 'finalized');
    } finally {
      for (const node of nodes) await node.close();
      await rm(path, { recursive: true });
    }
  });

  it('a fifth validator registers, is activated at the end of an epoch, and takes part (EPOCH-4)', async () => {
    const path = await mkdtemp(join(tmpdir(), 'consensus-rotation-'));
    const network = new MemoryNetwork(systemScheduler, () => 0);
    network.latencyMs = 0;
    const base = genesisOf(4, systemClock.now() - 1_000);
    const genesis = {
      ...base,
      ledger: { ...base.ledger, epochBlocks: 4 },
      staking: { ...DEFAULT_STAKING, blockReward: 1_000n, maxChurnBasisPoints: 5_000 },
    };
    const nodes: RealNode[] = [];
    try {
      for (let index = 0; index < 5; index++) nodes.push(await startNode(path, index, genesis, network));
      const operator = addressOf(ACCOUNT);
      const { publicKey } = keyOf(4);
      const proof = keyOf(4).sign(keyPossessionDigest(IDENTITY.genesisHash, operator, publicKey));
      const identity = { name: 'fifth', website: '', contact: '', description: '', location: '' };
      const commission = { rate: 0, maxRate: 0, maxDailyChange: 0 };
      const { minSelfStake, powerReduction } = genesis.ledger;
      const stake = 1_000n > minSelfStake ? 1_000n : minSelfStake;
      const registration = signed(0, {
        type: 'validator.register',
        publicKey,
        proof,
        identity,
        commission,
        minSelfStake,
        stake: stake > powerReduction ? stake : powerReduction,
      });
      for (let height = 1; height <= 16; height++) {
        const final = Promise.all(nodes.map(({ chain }) => finalAt(chain, height)));
        const transaction = height === 1 ? registration : transfer(height - 1);
        for (const node of nodes) node.submit(transaction);
        await final;
      }
      const hashes = new Set(nodes.map(({ chain }) => toHex(chain.tip().blockHash)));
      assert.equal(hashes.size, 1);
      assert.deepEqual(
        nodes.map(({ consensus }) => consensus.status().fatal),
        [undefined, undefined, undefined, undefined, undefined],
      );
      const own = nodes[4]?.ledger.stake();
      assert.equal(own?.validator(operator)?.record.status, 'active');
      // In force from 7 on: decided at the end of 5.
      const sets = [await nodes[4]?.chain.validatorSet(6), await nodes[4]?.chain.validatorSet(7)];
      assert.deepEqual(
        sets.map((set) => set?.validators.length),
        [4, 5],
      );
      const done = await own?.performance(operator, { from: 0, to: 9, limit: 9 });
      const tally = done?.map(({ performance }) => performance.votes - performance.missed) ?? [];
      assert(tally.reduce((sum, signedVotes) => sum + signedVotes, 0) > 0, 'its signatures are in commits');
      const [delegation] = (await own?.delegationsOf(operator, { limit: 1 }))?.items ?? [];
      assert((delegation?.rewards ?? 0n) > 0n, 'it is paid for them');
    } finally {
      for (const node of nodes) await node.close();
      await rm(path, { recursive: true });
    }
  });
});
