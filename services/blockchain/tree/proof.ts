import { ByteListType, ByteVectorType, ContainerType, ListCompositeType } from '@chainsafe/ssz';
import { HASH_BYTES, codec, equalBytes, hash } from '#kernel';
import { blockchainError } from '../errors.ts';
import { TREE_DEPTH_MAX } from '../limits.ts';
import type { StateProof } from '../domain/types.ts';
import { EMPTY_HASH, keyHashOf } from './node.ts';

/** Where the way of a key ends: at a leaf, or at an empty subtree when `leafKeyHash` is empty. */
export interface ProofPath {
  readonly leafKeyHash: Uint8Array;
  readonly leafValueHash: Uint8Array;
  /** Hashes of the other halves, from the root down. */
  readonly siblings: readonly Uint8Array[];
}

const hashOrNothing = new ByteListType(HASH_BYTES);
const pathCodec = codec(
  'state proof',
  new ContainerType({
    leafKeyHash: hashOrNothing,
    leafValueHash: hashOrNothing,
    siblings: new ListCompositeType(new ByteVectorType(HASH_BYTES), TREE_DEPTH_MAX),
  }),
  128 + HASH_BYTES * TREE_DEPTH_MAX,
);

export function encodeProofPath(path: ProofPath): Uint8Array {
  return pathCodec.encode({ ...path, siblings: [...path.siblings] });
}

/** Bit of a key hash at a depth of the binary tree: the highest bit of the first byte is at depth 0. */
export function bitAt(keyHash: Uint8Array, depth: number): 0 | 1 {
  return (((keyHash[depth >> 3] as number) >> (7 - (depth & 7))) & 1) as 0 | 1;
}

/**
 * Checks a proof against a state root that the caller trusts. With a value it proves that the key holds
 * exactly that value, without one that the key holds nothing.
 *
 * @returns false for a proof that does not prove it
 * @throws `blockchain.malformed-proof`, `kernel.*` when the path is not the encoding of one
 */
export function verifyStateProof(root: Uint8Array, { key, value, path }: StateProof): boolean {
  const { leafKeyHash, leafValueHash, siblings } = pathCodec.decode(path);
  const keyHash = keyHashOf(key);
  const endsEmpty = leafKeyHash.length === 0;
  if (leafValueHash.length !== leafKeyHash.length || (!endsEmpty && leafKeyHash.length !== HASH_BYTES)) {
    throw blockchainError('malformed-proof', 'the proof ends neither at a leaf nor at an empty subtree');
  }
  if (value === undefined) {
    if (
      !endsEmpty &&
      (equalBytes(leafKeyHash, keyHash) || !sharesPath(leafKeyHash, keyHash, siblings.length))
    )
      return false;
  } else if (
    endsEmpty ||
    !equalBytes(leafKeyHash, keyHash) ||
    !equalBytes(leafValueHash, hash('state-value', value))
  ) {
    return false;
  }
  let node = endsEmpty ? EMPTY_HASH : hash('state-leaf', leafKeyHash, leafValueHash);
  for (let depth = siblings.length - 1; depth >= 0; depth--) {
    const sibling = siblings[depth] as Uint8Array;
    node =
      bitAt(keyHash, depth) === 0 ? hash('state-node', node, sibling) : hash('state-node', sibling, node);
  }
  return equalBytes(node, root);
}

/** True when the first `bits` bits agree: the leaf stands on the way of the key. */
function sharesPath(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  for (let depth = 0; depth < bits; depth++) if (bitAt(a, depth) !== bitAt(b, depth)) return false;
  return true;
}
