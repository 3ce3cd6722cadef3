import { pathWith } from './compare-trees.ts';
import { nodeKey } from './node-codec.ts';
import type { ChildRef, LeafNode } from './node.ts';
import { readNode, type NodeReader } from './state-tree.ts';

/** Nodes that are read at once. */
const NODES_PER_READ = 1_024;

interface Place {
  readonly ref: ChildRef;
  readonly path: Uint8Array;
  readonly depth: number;
}

/**
 * Every leaf of one version of a tree, some at a time. Memory is that of the nodes on the way, not of the tree.
 *
 * @throws `blockchain.corrupt-state` for a node that is missing or cannot be read
 */
export async function* leavesOf(
  reader: NodeReader,
  root: ChildRef | undefined,
): AsyncGenerator<readonly LeafNode[]> {
  const places: Place[] = root === undefined ? [] : [{ ref: root, path: new Uint8Array(32), depth: 0 }];
  while (places.length > 0) {
    // From the end: deep places go before shallow ones wait for long.
    const taken = places.splice(Math.max(0, places.length - NODES_PER_READ));
    const stored = await reader.getMany(
      taken.map(({ ref, path, depth }) => nodeKey(ref.version, path, depth)),
    );
    const leaves: LeafNode[] = [];
    for (const [i, { path, depth }] of taken.entries()) {
      const node = readNode(stored[i]);
      if (node.kind === 'leaf') leaves.push(node);
      else {
        for (const [nibble, ref] of node.children.entries())
          if (ref !== undefined) places.push({ ref, path: pathWith(path, depth, nibble), depth: depth + 1 });
      }
    }
    yield leaves;
  }
}
