import { equalBytes } from './bytes.ts';
import { hash } from './hash.ts';

/**
 * Merkle trees over lists: the tree of RFC 6962 section 2.1 (left subtree is the largest power of two smaller
 * than the count) with the domain-separated hash in place of its 0x00 and 0x01 prefixes.
 */

/** Proof that `leaf` stands at `index` of a list of `total` items. */
export interface ListProof {
  readonly index: number;
  readonly total: number;
  /** Sibling hashes from the leaf upwards. */
  readonly path: readonly Uint8Array[];
}

export function listLeaf(item: Uint8Array): Uint8Array {
  return hash('merkle-leaf', item);
}

/** Root of a list; the empty list has a root of its own. */
export function listRoot(items: readonly Uint8Array[]): Uint8Array {
  if (items.length === 0) return hash('merkle-empty');
  return subtreeRoot(items.map(listLeaf), 0, items.length);
}

/** @throws RangeError when `index` is not in the list */
export function listProof(items: readonly Uint8Array[], index: number): ListProof {
  if (!Number.isInteger(index) || index < 0 || index >= items.length) {
    throw new RangeError(`index ${index} of a list of ${items.length}`);
  }
  const leaves = items.map(listLeaf);
  const path: Uint8Array[] = [];
  let start = 0;
  let end = items.length;
  while (end - start > 1) {
    const split = start + splitPoint(end - start);
    if (index < split) {
      path.push(subtreeRoot(leaves, split, end));
      end = split;
    } else {
      path.push(subtreeRoot(leaves, start, split));
      start = split;
    }
  }
  return { index, total: items.length, path: path.toReversed() };
}

/**
 * True when `item` is in the list whose root is `root`: at `proof.index`, provided that the list has `proof.total`
 * items. The root does not fix how many they are, so a proof alone shows membership, not the place.
 */
export function verifyListProof(root: Uint8Array, item: Uint8Array, proof: ListProof): boolean {
  const { index, total, path } = proof;
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(total) || index < 0 || index >= total)
    return false;
  const sides = sidesOf(index, total);
  if (sides.length !== path.length) return false;
  let node = listLeaf(item);
  for (const [level, sibling] of path.entries()) {
    const isLeft = sides[sides.length - 1 - level];
    node = isLeft ? hash('merkle-node', node, sibling) : hash('merkle-node', sibling, node);
  }
  return equalBytes(node, root);
}

/** From the root down: whether the way to `index` goes left at each split. */
function sidesOf(index: number, total: number): boolean[] {
  const sides: boolean[] = [];
  let position = index;
  let count = total;
  while (count > 1) {
    const split = splitPoint(count);
    const left = position < split;
    sides.push(left);
    if (left) count = split;
    else {
      position -= split;
      count -= split;
    }
  }
  return sides;
}

function subtreeRoot(leaves: readonly Uint8Array[], start: number, end: number): Uint8Array {
  if (end - start === 1) return leaves[start] as Uint8Array;
  const split = start + splitPoint(end - start);
  return hash('merkle-node', subtreeRoot(leaves, start, split), subtreeRoot(leaves, split, end));
}

function splitPoint(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}
