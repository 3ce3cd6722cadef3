import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pruneSteps } from '../pruning.ts';

function contexts(height: number, held?: number) {
  const calls: (number | undefined)[][] = [];
  let earliest = 1;
  return {
    calls,
    chain: {
      tip: () => ({ height }) as never,
      prune: async (below: number, blocksMax: number) => {
        const end = Math.min(below, earliest + blocksMax);
        const count = Math.max(0, end - earliest);
        earliest = Math.max(earliest, end);
        calls.push([below, count]);
        return count;
      },
    },
    ledger: { prune: async (given?: number) => (calls.push([given]), false) },
    snapshots: { held: () => held },
    earliest: () => earliest,
  };
}

describe('pruning', () => {
  it('SYNC-8 keeps the window of blocks that is asked for, in bounded steps', async () => {
    const node = contexts(100);
    const step = pruneSteps(node, 30);
    let steps = 1;
    while (await step()) steps += 1;
    assert.equal(node.earliest(), 71);
    assert.equal(steps, 9);
    assert.ok(node.calls.every(([, count = 0]) => count <= 8));
  });

  it('SYNC-8 keeps all blocks of an archive, and what is younger than the window', async () => {
    for (const [height, retained] of [
      [100, 0],
      [20, 30],
    ] as const) {
      const node = contexts(height);
      assert.equal(await pruneSteps(node, retained)(), false);
      assert.equal(node.earliest(), 1);
    }
  });

  it('SNAP-5 leaves the height that a snapshot is made of', async () => {
    const node = contexts(10, 7);
    await pruneSteps(node, 0)();
    assert.deepEqual(node.calls, [[7]]);
  });
});
