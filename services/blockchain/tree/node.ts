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
  /** What was hashed for it, when it was made in this process; a node that was read has none. */
  readonly ranges?: RangeHashes;
}

export interface LeafNode {
  readonly kind: 'leaf';
  /** The typed key: a snapshot of one version gives it out, when newer versions may have lost it. */
  readonly key: Uint8Array;
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

/**
 * Hashes of the binary tree over the children of an internal node, as a heap: the whole at 1, its halves at 2 and 3,
 * down to pairs at 8 to 15. A node that replaces another hashes only the ranges in which a child changed.
 */
export type RangeHashes = readonly Uint8Array[];

/** @param before the node that this one replaces, with what was worked out for it */
export function rangeHashesOf(
  children: InternalNode['children'],
  before?: Pick<InternalNode, 'children' | 'ranges'>,
): RangeHashes {
  const known = before?.ranges;
  let changed = known === undefined ? 0xffff : 0;
  let present = 0;
  let leaves = 0;
  for (let i = 0; i < RADIX; i++) {
    const child = children[i];
    if (child !== undefined) present |= 1 << i;
    if (child?.isLeaf === true) leaves |= 1 << i;
    if (known !== undefined && child !== before?.children[i]) changed |= 1 << i;
  }
  const ranges: Uint8Array[] = Array.from({ length: RADIX }, () => EMPTY_HASH);
  const visit = (place: number, start: number, width: number): Uint8Array => {
    const mask = ((1 << width) - 1) << start;
    const within = present & mask;
    if (within === 0) return EMPTY_HASH;
    const isOne = (within & (within - 1)) === 0;
    const only = isOne && (width === 1 || (leaves & within) !== 0) ? childAt(children, within) : undefined;
    if (width === 1) return (only as ChildRef).hash;
    if (only !== undefined) ranges[place] = only.hash;
    else if (known !== undefined && (changed & mask) === 0) takeOver(ranges, known, place);
    else ranges[place] = hashHalves(place, start, width >> 1);
    return ranges[place] as Uint8Array;
  };
  const hashHalves = (place: number, start: number, half: number): Uint8Array =>
    hash('state-node', visit(2 * place, start, half), visit(2 * place + 1, start + half, half));
  visit(1, 0, RADIX);
  return ranges;
}

/** Hash of the range of `width` children from `start` on, out of the hashes of the whole node. */
export function rangeHashAt(
  node: InternalNode,
  ranges: RangeHashes,
  start: number,
  width: number,
): Uint8Array {
  if (width === 1) return node.children[start]?.hash ?? EMPTY_HASH;
  return ranges[(RADIX + start) / width] as Uint8Array;
}

/** Takes over a range in which no child changed, and what lies within it. */
function takeOver(ranges: Uint8Array[], known: RangeHashes, place: number): void {
  for (let level = 0; place << level < RADIX; level++) {
    for (let i = place << level; i < (place + 1) << level; i++) ranges[i] = known[i] as Uint8Array;
  }
}

function childAt(children: InternalNode['children'], bit: number): ChildRef {
  return children[31 - Math.clz32(bit)] as ChildRef;
}
