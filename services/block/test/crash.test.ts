import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryStateEngine, type MemoryStateEngine, type StateEngine } from '#engines/state';
import { toHex } from '#kernel';
import type { Chain } from '../chain/face.ts';
import type { Block, Commit } from '../domain/types.ts';
import { growChain, openTestChain, transfer } from './fixtures/test-chain.ts';

const BLOCKS = 6;

/** Loses power in the write of the given number, before or after it reached the disk. */
function failingAt(memory: MemoryStateEngine, write: number, reaches: boolean): StateEngine {
  let count = 0;
  return {
    ...memory,
    async write(batch, options) {
      count += 1;
      if (count < write) return memory.write(batch, options);
      if (count === write && reaches) await memory.write(batch, options);
      throw new Error('power loss');
    },
  };
}

/** Finalises blocks and tells of each that is acknowledged. */
async function feed(
  chain: Chain,
  blocks: readonly { block: Block; commit: Commit }[],
  acknowledged: (height: number) => void = () => {},
): Promise<void> {
  for (const { block, commit } of blocks) {
    await chain.finalise(block, commit);
    acknowledged(block.header.height);
  }
}

test('power loss at any write leaves a home that opens at a whole block and goes on to the same state', async () => {
  const reference = await openTestChain();
  const blocks: { block: Block; commit: Commit }[] = [];
  for (let height = 1; height <= BLOCKS; height++) {
    const sent = [transfer(0, height - 1), transfer(1, height - 1)];
    blocks.push(await growChain(reference.chain, sent));
  }
  let crashes = 0;
  for (let write = 1; ; write++) {
    let finished = false;
    for (const reaches of [false, true]) {
      const memory = createMemoryStateEngine();
      let durable = 0;
      try {
        const { chain } = await openTestChain(failingAt(memory, write, reaches));
        await feed(chain, blocks, (height) => {
          durable = height;
        });
        finished = true;
      } catch (error) {
        assert.match(String(error), /power loss/);
        crashes += 1;
      }
      const { chain, ledger } = await openTestChain(memory.crash());
      const { height, blockHash, commit } = chain.tip();
      assert.equal(ledger.tip().height, height);
      assert.ok(height >= durable, 'what finalise acknowledged survives');
      if (height > 0) {
        assert.deepEqual(await chain.block(height), blocks[height - 1]?.block);
        assert.deepEqual(blockHash, blocks[height - 1]?.block.hash);
        assert.deepEqual(commit, blocks[height - 1]?.commit);
        assert.equal((await chain.receipts(height))?.length, 2);
      }
      await feed(chain, blocks.slice(height));
      assert.equal(toHex(chain.tip().stateRoot), toHex(reference.chain.tip().stateRoot));
    }
    if (finished) break;
  }
  assert.ok(crashes >= BLOCKS * 2, `each write of a block was interrupted, ${crashes} times`);
});
