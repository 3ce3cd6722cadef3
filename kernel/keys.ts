import { ed25519 } from '@noble/curves/ed25519.js';
import { uint64ToBytes } from './bytes.ts';
import { kernelError } from './errors.ts';
import { hash } from './hash.ts';

/** Kinds of account keys and their tags in encodings. Append only. */
export const KEY_TYPE_TAGS = { ed25519: 0, secp256k1: 1 } as const;
export type KeyType = keyof typeof KEY_TYPE_TAGS;

export const ED25519_PUBLIC_KEY_BYTES = 32;
/** Bytes of a public key of each type: it has one form only. */
export const PUBLIC_KEY_BYTES: Readonly<Record<KeyType, number>> = { ed25519: 32, secp256k1: 33 };
export const ED25519_SEED_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/** A key that signs digests. The secret stays inside. */
export interface SigningKey {
  readonly type: KeyType;
  readonly publicKey: Uint8Array;
  /** 64-byte signature over a 32-byte digest (see `signingDigest`). */
  sign(digest: Uint8Array): Uint8Array;
}

/**
 * Ed25519 key (RFC 8032) of a 32-byte seed, in portable code. Deterministic: every implementation gives the
 * same signature, so the faster one of the runtime may take its place.
 *
 * @throws `kernel.malformed-key`
 */
export function ed25519Key(seed: Uint8Array): SigningKey {
  if (seed.length !== ED25519_SEED_BYTES) {
    throw kernelError('malformed-key', `an Ed25519 seed has ${ED25519_SEED_BYTES} bytes, got ${seed.length}`);
  }
  const secret = seed.slice();
  return {
    type: 'ed25519',
    publicKey: ed25519.getPublicKey(secret),
    sign: (digest) => ed25519.sign(digest, secret),
  };
}

/**
 * The rule by which an Ed25519 signature is valid on this ledger: ZIP-215. Cofactored equation, any encoding
 * of an on-curve point for A and R, S < ℓ. Slow and portable; whatever faster check runs first, what it
 * rejects is decided here.
 *
 * @param message any bytes (vectors), in the protocol a 32-byte digest
 * @returns false for anything malformed, never throws
 * @see https://zips.z.cash/zip-0215
 */
export function verifyZip215(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== ED25519_PUBLIC_KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: true });
  } catch {
    // noble throws on undecodable points in some versions: to a verifier both mean invalid.
    return false;
  }
}

/**
 * True when the 32 bytes are a point of the curve that is not of small order: a key that only its owner signs
 * for. Account and consensus keys must be strong; ZIP-215 alone would let a small-order key sign anything.
 */
export function isStrongEd25519Key(publicKey: Uint8Array): boolean {
  if (publicKey.length !== ED25519_PUBLIC_KEY_BYTES) return false;
  try {
    return !ed25519.Point.fromBytes(publicKey, true).isSmallOrder();
  } catch {
    return false;
  }
}

/** Seed of the `index`-th key that derives from `seed`: hash of both in a domain of its own. */
export function deriveSeed(seed: Uint8Array, index: number): Uint8Array {
  return hash('derive-key', seed, uint64ToBytes(index));
}
