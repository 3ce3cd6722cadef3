import { equalBytes, hash } from '#kernel';
import { nodeKey } from './node-codec.ts';
import { RADIX, nibbleAt, rangeHashAt, rangeHashesOf, type ChildRef, type InternalNode } from './node.ts';
import type { ProofPath } from './proof.ts';
import { readNode, type NodeReader } from './state-tree.ts';

/** What stands at a key in one version of the tree, with the way to it. */
export interface FoundPath extends ProofPath {
  readonly value: Uint8Array | undefined;
}

/**
 * Walks from a root of any retained version to a key; one read a level.
 *
 * @throws `blockchain.corrupt-state` when a node is missing
 */
export async function readPath(
  reader: NodeReader,
  root: ChildRef | undefined,
  keyHash: Uint8Array,
): Promise<FoundPath> {
  const siblings: Uint8Array[] = [];
  let ref = root;
  for (let depth = 0; ref !== undefined; depth++) {
    const [stored] =
      ref.node === undefined ? await reader.getMany([nodeKey(ref.version, keyHash, depth)]) : [];
    const node = ref.node ?? readNode(stored);
    if (node.kind === 'leaf') {
      const value = equalBytes(node.keyHash, keyHash) ? node.value : undefined;
      return { value, leafKeyHash: node.keyHash, leafValueHash: hash('state-value', node.value), siblings };
    }
    const step = descend(node, nibbleAt(keyHash, depth), siblings);
    if (step === 'empty') break;
    if (step.early) return endAtLeaf(reader, step, keyHash, depth + 1, siblings);
    ref = step.ref;
  }
  return { value: undefined, leafKeyHash: new Uint8Array(0), leafValueHash: new Uint8Array(0), siblings };
}

interface Step {
  readonly ref: ChildRef;
  readonly nibble: number;
  /** The leaf stands above the depth of the nibble: the binary subtree holds nothing else. */
  readonly early: boolean;
}

/** Goes down the four binary levels of an internal node, noting the other half at each. */
function descend(node: InternalNode, nibble: number, siblings: Uint8Array[]): Step | 'empty' {
  const ranges = node.ranges ?? rangeHashesOf(node.children);
  let [start, width] = [0, RADIX];
  for (;;) {
    const present: number[] = [];
    for (let i = start; i < start + width; i++) if (node.children[i] !== undefined) present.push(i);
    const [first] = present;
    if (first === undefined) return 'empty';
    const ref = node.children[first] as ChildRef;
    // The whole node is never a lone leaf: that would have taken the node's place.
    if (present.length === 1 && ref.isLeaf)
      return { ref, nibble: first, early: first !== nibble || width > 1 };
    if (width === 1) return { ref, nibble, early: false };
    width /= 2;
    const left = nibble < start + width;
    siblings.push(rangeHashAt(node, ranges, left ? start + width : start, width));
    if (!left) start += width;
  }
}

async function endAtLeaf(
  reader: NodeReader,
  step: Step,
  keyHash: Uint8Array,
  depth: number,
  siblings: readonly Uint8Array[],
): Promise<FoundPath> {
  const path = keyHash.slice();
  const at = (depth - 1) >> 1;
  const byte = path[at] as number;
  path[at] = (depth - 1) % 2 === 0 ? (step.nibble << 4) | (byte & 15) : (byte & 0xf0) | step.nibble;
  const [stored] =
    step.ref.node === undefined ? await reader.getMany([nodeKey(step.ref.version, path, depth)]) : [];
  const node = step.ref.node ?? readNode(stored);
  if (node.kind !== 'leaf') throw new TypeError('a child that is marked as a leaf is none');
  const value = equalBytes(node.keyHash, keyHash) ? node.value : undefined;
  return { value, leafKeyHash: node.keyHash, leafValueHash: hash('state-value', node.value), siblings };
}
