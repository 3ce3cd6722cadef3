import {
  HASH_BYTES,
  bytesToUint64,
  concatBytes,
  invariant,
  uint64ToBytes,
  writeUint32,
  writeUint64,
} from '#kernel';
import { blockchainError } from '../errors.ts';
import { RADIX, keyHashOf, type ChildRef, type TreeNode } from './node.ts';

/** Append only; 1 was a leaf without its key, and is damage now. */
const KIND = { internal: 0, leaf: 2 } as const;
const CHILD_BYTES = HASH_BYTES + 8;
const INTERNAL_HEAD_BYTES = 5;
const LEAF_HEAD_BYTES = 2;
const KEY_BYTES_MAX = 255;

/**
 * Stored form of a node. Internal: kind, 16-bit mask of children, 16-bit mask of those that are leaves, then
 * hash and version of each. Leaf: kind, length of the key in a byte, key, value.
 */
export function encodeNode(node: TreeNode): Uint8Array {
  if (node.kind === 'leaf') {
    invariant(node.key.length <= KEY_BYTES_MAX, 'the length of a key fits a byte');
    return concatBytes(Uint8Array.of(KIND.leaf, node.key.length), node.key, node.value);
  }
  const { children } = node;
  let count = 0;
  for (let nibble = 0; nibble < RADIX; nibble++) if (children[nibble] !== undefined) count++;
  const bytes = new Uint8Array(INTERNAL_HEAD_BYTES + count * CHILD_BYTES);
  let [mask, leaves, offset] = [0, 0, INTERNAL_HEAD_BYTES];
  for (let nibble = 0; nibble < RADIX; nibble++) {
    const child = children[nibble];
    if (child === undefined) continue;
    mask |= 1 << nibble;
    if (child.isLeaf) leaves |= 1 << nibble;
    bytes.set(child.hash, offset);
    writeUint64(bytes, offset + HASH_BYTES, child.version);
    offset += CHILD_BYTES;
  }
  bytes[0] = KIND.internal;
  writeUint32(bytes, 1, ((mask << 16) | leaves) >>> 0);
  return bytes;
}

/** @throws `blockchain.corrupt-state` */
export function decodeNode(bytes: Uint8Array): TreeNode {
  if (bytes[0] === KIND.leaf && bytes.length > LEAF_HEAD_BYTES) {
    const valueAt = LEAF_HEAD_BYTES + (bytes[1] as number);
    if (valueAt > bytes.length) throw corrupt();
    const key = bytes.slice(LEAF_HEAD_BYTES, valueAt);
    return { kind: 'leaf', key, keyHash: keyHashOf(key), value: bytes.slice(valueAt) };
  }
  if (bytes[0] !== KIND.internal || bytes.length < INTERNAL_HEAD_BYTES) throw corrupt();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [mask, leaves] = [view.getUint16(1), view.getUint16(3)];
  const children: (ChildRef | undefined)[] = [];
  let offset = INTERNAL_HEAD_BYTES;
  for (let nibble = 0; nibble < RADIX; nibble++) {
    if ((mask & (1 << nibble)) === 0) {
      children.push(undefined);
      continue;
    }
    if (offset + CHILD_BYTES > bytes.length) throw corrupt();
    children.push({
      hash: bytes.slice(offset, offset + HASH_BYTES),
      version: bytesToUint64(bytes, offset + HASH_BYTES),
      isLeaf: (leaves & (1 << nibble)) !== 0,
      node: undefined,
    });
    offset += CHILD_BYTES;
  }
  if (offset !== bytes.length) throw corrupt();
  return { kind: 'internal', children };
}

/** Reference to a root as it is stored: hash, version, whether it is a leaf. Empty for an empty tree. */
export function encodeRoot(root: ChildRef | undefined): Uint8Array {
  if (root === undefined) return new Uint8Array(0);
  return concatBytes(root.hash, uint64ToBytes(root.version), Uint8Array.of(root.isLeaf ? 1 : 0));
}

/** @throws `blockchain.corrupt-state` */
export function decodeRoot(bytes: Uint8Array): ChildRef | undefined {
  if (bytes.length === 0) return undefined;
  if (bytes.length !== CHILD_BYTES + 1) throw corrupt();
  return {
    hash: bytes.slice(0, HASH_BYTES),
    version: bytesToUint64(bytes, HASH_BYTES),
    isLeaf: bytes[CHILD_BYTES] === 1,
    node: undefined,
  };
}

/** Key of a node in the engine: version, number of nibbles of its path, the path packed. */
export function nodeKey(version: number, keyHash: Uint8Array, depth: number): Uint8Array {
  const key = new Uint8Array(9 + ((depth + 1) >> 1));
  writeUint64(key, 0, version);
  key[8] = depth;
  for (let i = 0; i < (depth + 1) >> 1; i++) key[9 + i] = keyHash[i] as number;
  // Half a byte beyond an odd path is not part of it.
  if (depth % 2 === 1) key[key.length - 1] = (key[key.length - 1] as number) & 0xf0;
  return key;
}

function corrupt() {
  return blockchainError(
    'corrupt-state',
    'a node of the state tree is damaged; restore the home from a backup or sync it anew',
  );
}
