import { secp256k1 } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import type { ForeignKey } from '../keys.ts';
import type { SignaturePart, SignatureTree } from './declaration.ts';

export type SignatureVerdict =
  | 'valid'
  | 'invalid'
  /** Right but for S in the upper half of the range: chains refuse it, since anybody can make it of a valid one. */
  | 'malleable'
  /** By a key that signs in ways that are not known here. */
  | 'uncheckable';

/**
 * Whether a key signed. ECDSA over secp256k1 with SHA-256, S in the lower half (as the SDK asks for); with Keccak-256
 * for the keys of Ethereum; a threshold of them for multisignatures.
 */
export function verifySignature({ key, signature, signBytes }: SignaturePart): SignatureVerdict {
  let verdict: SignatureVerdict = 'invalid';
  for (const message of signBytes) {
    const next = verifyTree(key, signature, message);
    if (next === 'valid') return next;
    if (next !== 'invalid') verdict = next;
  }
  return verdict;
}

function verifyTree(key: ForeignKey, signature: SignatureTree, message: Uint8Array): SignatureVerdict {
  if (key.kind === 'multisig') {
    if (signature instanceof Uint8Array || signature.byKey.size < key.threshold) return 'invalid';
    for (const [position, part] of signature.byKey) {
      const member = key.keys[position];
      const verdict = member === undefined ? 'invalid' : verifyTree(member, part, message);
      if (verdict !== 'valid') return verdict;
    }
    return 'valid';
  }
  if (!(signature instanceof Uint8Array)) return 'invalid';
  switch (key.kind) {
    case 'secp256k1':
      return verifyEcdsa(key.bytes, signature, sha256(message));
    case 'ethsecp256k1': {
      // A 65th byte helps to recover the key. What fails may still be signed as typed data (EIP-712).
      const verdict = verifyEcdsa(
        key.bytes,
        signature.length === 65 ? signature.subarray(0, 64) : signature,
        keccak_256(message),
      );
      return verdict === 'valid' ? verdict : 'uncheckable';
    }
    case 'ed25519':
    case 'unknown':
      return 'uncheckable';
  }
}

function verifyEcdsa(publicKey: Uint8Array, signature: Uint8Array, digest: Uint8Array): SignatureVerdict {
  if (signature.length !== 64) return 'invalid';
  try {
    if (secp256k1.verify(signature, digest, publicKey, { prehash: false, lowS: true })) return 'valid';
    const { s } = secp256k1.Signature.fromBytes(signature, 'compact');
    const isHigh = s > secp256k1.Point.Fn.ORDER / 2n;
    return isHigh && secp256k1.verify(signature, digest, publicKey, { prehash: false, lowS: false })
      ? 'malleable'
      : 'invalid';
  } catch {
    // Keys that are no point, and numbers out of range.
    return 'invalid';
  }
}
