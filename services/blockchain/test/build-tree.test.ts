import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hash, toHex, uint64ToBytes } from '#kernel';
import { buildTree, LeafTable } from '../tree/build-tree.ts';
import { encodeNode, encodeRoot } from '../tree/node-codec.ts';
import { StateTree } from '../tree/state-tree.ts';

interface Leaf {
  readonly keyHash: Uint8Array;
  readonly value: Uint8Array;
}

const VERSION = 7;

/** Nodes as they are stored, by key, with the stored root. */
async function built(leaves: readonly Leaf[]) {
  const table = new LeafTable();
  for (const { keyHash, value } of leaves) table.add(keyHash, value);
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
  const { added, root } = await tree.update(leaves, VERSION);
  return {
    nodes: new Map(added.map(({ key, node }) => [toHex(key), toHex(encodeNode(node))])),
    root: toHex(encodeRoot(root)),
  };
}

/** Key hashes that share long paths now and then. */
const leaves = fc.uniqueArray(
  fc
    .tuple(
      fc.array(fc.constantFrom(0, 1, 16, 255), { minLength: 3, maxLength: 3 }),
      fc.uint8Array({ maxLength: 40 }),
    )
    .map(([head, value]): Leaf => {
      const keyHash = new Uint8Array(32);
      keyHash.set(head.slice(0, 2));
      keyHash[31] = head[2] as number;
      return { keyHash, value };
    }),
  { selector: ({ keyHash }) => toHex(keyHash) },
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
      keyHash: hash('state-key', uint64ToBytes(i)),
      value: uint64ToBytes(i),
    }));
    const { nodes, root, pauses } = await built(many);
    assert.deepEqual({ nodes, root }, await updated(many));
    assert.equal(pauses.length, 256);
    assert.equal(pauses.at(-1), many.length);
  });

  it('refuses a key that stands twice', async () => {
    const leaf = { keyHash: new Uint8Array(32), value: new Uint8Array(1) };
    await assert.rejects(built([leaf, leaf]), { code: 'kernel.invariant-broken' });
  });
});
