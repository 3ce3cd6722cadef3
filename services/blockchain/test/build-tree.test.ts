import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { toHex, uint64ToBytes } from '#kernel';
import { buildTree, LeafTable } from '../tree/build-tree.ts';
import { encodeNode, encodeRoot } from '../tree/node-codec.ts';
import { StateTree, changeOf } from '../tree/state-tree.ts';

interface Leaf {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

const VERSION = 7;

/** Nodes as they are stored, by key, with the stored root. */
async function built(leaves: readonly Leaf[]) {
  const table = new LeafTable();
  for (const { key, value } of leaves) table.add(key, value);
  const nodes = new Map<string, string>();
  const pauses: number[] = [];
  const root = await buildTree(table, {
    version: VERSION,
    emit: (key, node) => nodes.set(toHex(key), toHex(encodeNode(node))),
    pause: (done) => void pauses.push(done),
  });
  return { nodes, root: toHex(encodeRoot(root)), pauses };
}

async function updated(leaves: readonly Leaf[]) {
  const tree = new StateTree({ getMany: async (keys) => keys.map(() => undefined) }, undefined);
  const { added, root } = await tree.update(
    leaves.map(({ key, value }) => changeOf(key, value)),
    VERSION,
  );
  return {
    nodes: new Map(added.map(({ key, node }) => [toHex(key), toHex(encodeNode(node))])),
    root: toHex(encodeRoot(root)),
  };
}

const leaves = fc.uniqueArray(
  fc.record({ key: fc.uint8Array({ minLength: 1, maxLength: 60 }), value: fc.uint8Array({ maxLength: 40 }) }),
  { selector: ({ key }) => toHex(key) },
);

describe('a tree that is built at once', () => {
  it('is that of an update from nothing, node for node', async () => {
    await fc.assert(
      fc.asyncProperty(leaves, async (some) => {
        const { nodes, root } = await built(some);
        assert.deepEqual({ nodes, root }, await updated(some));
      }),
    );
  });

  it('is so for thousands of leaves too, and pauses between subtrees', async () => {
    const many = Array.from({ length: 9_000 }, (_, i) => ({
      key: uint64ToBytes(i),
      value: uint64ToBytes(i),
    }));
    const { nodes, root, pauses } = await built(many);
    assert.deepEqual({ nodes, root }, await updated(many));
    assert.equal(pauses.length, 256);
    assert.equal(pauses.at(-1), many.length);
  });

  it('refuses a key that stands twice', async () => {
    const leaf = { key: new Uint8Array(32), value: new Uint8Array(1) };
    await assert.rejects(built([leaf, leaf]), { code: 'kernel.invariant-broken' });
  });
});
