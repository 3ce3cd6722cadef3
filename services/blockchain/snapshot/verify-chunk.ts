import { compareBytes, equalBytes, hash } from '#kernel';
import { EMPTY_HASH, keyHashOf, leafHash } from '../tree/node.ts';
import { bitAt } from '../tree/proof.ts';
import { CHUNK_DEPTH_MAX } from '../limits.ts';
import type { StateChunk } from './chunk.ts';

interface Leaf {
  readonly keyHash: Uint8Array;
  readonly hash: Uint8Array;
}

/**
 * SNAP-3: checks a chunk alone against a state root: that its entries are all that the state holds under its place,
 * no more and no fewer, each with its value.
 *
 * The hash of the subtree is worked out of the entries by the definition of the tree (a subtree with one entry
 * hashes as that leaf, an empty one as a constant), then up the path by the siblings. Leaves, nodes and the empty
 * tree are hashed in domains of their own, so that none can stand for another.
 *
 * @returns false for anything else, also of malformed parts; never throws
 */
export function verifyChunk(root: Uint8Array, chunk: StateChunk): boolean {
  const { depth, prefix, siblings, entries } = chunk;
  if (depth > CHUNK_DEPTH_MAX || siblings.length !== depth || !isPlace(prefix, depth)) return false;
  const leaves: Leaf[] = [];
  for (const { key, value } of entries) {
    const keyHash = keyHashOf(key);
    const before = leaves.at(-1);
    if (before !== undefined && compareBytes(before.keyHash, keyHash) >= 0) return false;
    // The hashes would tell as well; this tells before any more of them is worked out.
    if (!isUnder(keyHash, prefix, depth)) return false;
    leaves.push({ keyHash, hash: leafHash(keyHash, value) });
  }
  let node = subtreeHash(leaves, 0, leaves.length, depth);
  for (let level = depth - 1; level >= 0; level--) {
    const sibling = siblings[level] as Uint8Array;
    node = bitAt(prefix, level) === 0 ? hash('state-node', node, sibling) : hash('state-node', sibling, node);
  }
  return equalBytes(node, root);
}

/** Hash of the subtree at `depth` of the leaves from `from` to before `to`, in order. */
function subtreeHash(leaves: readonly Leaf[], from: number, to: number, depth: number): Uint8Array {
  if (from === to) return EMPTY_HASH;
  if (to - from === 1) return (leaves[from] as Leaf).hash;
  let middle = from;
  while (middle < to && bitAt((leaves[middle] as Leaf).keyHash, depth) === 0) middle += 1;
  return hash(
    'state-node',
    subtreeHash(leaves, from, middle, depth + 1),
    subtreeHash(leaves, middle, to, depth + 1),
  );
}

/** True when a prefix has no bits beyond its depth. */
export function isPlace(prefix: Uint8Array, depth: number): boolean {
  for (let bit = depth; bit < prefix.length * 8; bit++) if (bitAt(prefix, bit) !== 0) return false;
  return true;
}

function isUnder(keyHash: Uint8Array, prefix: Uint8Array, depth: number): boolean {
  for (let bit = 0; bit < depth; bit++) if (bitAt(keyHash, bit) !== bitAt(prefix, bit)) return false;
  return true;
}
