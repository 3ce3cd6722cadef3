import { equalBytes, toHex } from '#kernel';
import { pathWith } from '../tree/compare-trees.ts';
import { decodeNode, encodeNode } from '../tree/node-codec.ts';
import { EMPTY_HASH, leafHash, nibbleAt, rangeHashesOf, type ChildRef, type TreeNode } from '../tree/node.ts';

/** A node that something refers to, and the way to it: the first `depth` nibbles of `path`. */
export interface NodePlace {
  readonly ref: ChildRef;
  readonly path: Uint8Array;
  readonly depth: number;
}

/**
 * Decodes a stored node and recomputes what its parent says of it.
 *
 * @throws Error saying what is wrong
 */
export function checkNode(stored: Uint8Array | undefined, { ref, path, depth }: NodePlace): TreeNode {
  if (stored === undefined) throw new Error('the node is missing');
  const node = decodeNode(stored);
  if (!equalBytes(encodeNode(node), stored)) throw new Error('the node is not in its one encoding');
  if ((node.kind === 'leaf') !== ref.isLeaf)
    throw new Error('the node is of another kind than its parent says');
  const hash = hashOf(node);
  if (!equalBytes(hash, ref.hash)) {
    throw new Error(`the node hashes to ${toHex(hash)}, its parent says ${toHex(ref.hash)}`);
  }
  if (node.kind === 'leaf') {
    for (let at = 0; at < depth; at++) {
      if (nibbleAt(node.keyHash, at) !== nibbleAt(path, at)) throw new Error('the leaf is of another path');
    }
  }
  return node;
}

function hashOf(node: TreeNode): Uint8Array {
  if (node.kind === 'leaf') return leafHash(node.keyHash, node.value);
  return rangeHashesOf(node.children)[1] ?? EMPTY_HASH;
}

/** The places of the children of an internal node; none for a leaf. */
export function childPlaces(node: TreeNode, { path, depth }: NodePlace): NodePlace[] {
  if (node.kind === 'leaf') return [];
  return node.children.flatMap((ref, nibble) =>
    ref === undefined ? [] : [{ ref, path: pathWith(path, depth, nibble), depth: depth + 1 }],
  );
}
