import { hash } from '#kernel';

/** Children of an internal node: one a nibble of the key hash. */
export const RADIX = 16;

/**
 * A versioned sparse Merkle tree, stored in nodes of 16 children and hashed as a binary tree: the Jellyfish
 * Merkle Tree. A leaf stands at the shallowest place where no other leaf shares its path; a subtree with one
 * leaf hashes as the leaf, an empty one as a constant. So the root depends on the entries alone, not on how
 * they came in.
 *
 * @see https://developers.diem.com/papers/jellyfish-merkle-tree/2021-01-14.pdf
 */
export type TreeNode = InternalNode | LeafNode;

export interface InternalNode {
  readonly kind: 'internal';
  readonly children: readonly (ChildRef | undefined)[];
}

export interface LeafNode {
  readonly kind: 'leaf';
  /** 32 bytes: `hash('state-key', key)`. */
  readonly keyHash: Uint8Array;
  readonly value: Uint8Array;
}

/** A child as its parent knows it; its node is kept at hand once it was read. */
export interface ChildRef {
  readonly hash: Uint8Array;
  /** Height of the block that wrote the node. */
  readonly version: number;
  readonly isLeaf: boolean;
  node: TreeNode | undefined;
}

/** Hash of a subtree without entries. */
export const EMPTY_HASH: Uint8Array = hash('state-empty');

export function keyHashOf(key: Uint8Array): Uint8Array {
  return hash('state-key', key);
}

export function leafHash(keyHash: Uint8Array, value: Uint8Array): Uint8Array {
  return hash('state-leaf', keyHash, hash('state-value', value));
}

/** The nibble of a key hash at a depth: 0 is the highest half of the first byte. */
export function nibbleAt(keyHash: Uint8Array, depth: number): number {
  const byte = keyHash[depth >> 1] as number;
  return depth % 2 === 0 ? byte >> 4 : byte & 15;
}

/** Hash of the binary subtree over `width` children from `start` on. */
export function rangeHash(children: InternalNode['children'], start: number, width: number): Uint8Array {
  let only: ChildRef | undefined;
  let count = 0;
  for (let i = start; i < start + width; i++) {
    const child = children[i];
    if (child === undefined) continue;
    only = child;
    count++;
  }
  if (only === undefined) return EMPTY_HASH;
  if (count === 1 && (only.isLeaf || width === 1)) return only.hash;
  const half = width / 2;
  return hash('state-node', rangeHash(children, start, half), rangeHash(children, start + half, half));
}
