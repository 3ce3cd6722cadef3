import { secp256k1 } from '@noble/curves/secp256k1.js';
import { kernelError } from './errors.ts';
import { HASH_BYTES } from './hash.ts';
import { SIGNATURE_BYTES, type SigningKey } from './keys.ts';

/** A compressed point: 02 or 03 by the parity of y, then x. */
export const SECP256K1_PUBLIC_KEY_BYTES = 33;
export const SECP256K1_SECRET_BYTES = 32;

/** The rule for signatures: over the digest itself, `r ‖ s`, only the lower of the two values of s. */
const RULE = { prehash: false, lowS: true, format: 'compact' } as const;

/**
 * secp256k1 key of a 32-byte secret, in portable code. Signs the digest as it is, without another hash.
 * Deterministic (RFC 6979 with HMAC-SHA-256), s in the lower half of the order.
 *
 * @param secret big-endian, from 1 to the order of the group less 1
 * @throws `kernel.malformed-key`; from `sign` too, when the digest has not 32 bytes
 * @see https://www.rfc-editor.org/rfc/rfc6979
 */
export function secp256k1Key(secret: Uint8Array): SigningKey {
  if (!secp256k1.utils.isValidSecretKey(secret)) {
    throw kernelError(
      'malformed-key',
      `a secp256k1 secret has ${SECP256K1_SECRET_BYTES} bytes that are neither zero nor beyond the order of the group`,
    );
  }
  const own = secret.slice();
  return {
    type: 'secp256k1',
    publicKey: secp256k1.getPublicKey(own, true),
    sign(digest) {
      if (digest.length !== HASH_BYTES) {
        throw kernelError(
          'malformed-key',
          `a secp256k1 key signs ${HASH_BYTES}-byte digests, got ${digest.length}`,
        );
      }
      return secp256k1.sign(digest, own, RULE);
    },
  };
}

/**
 * The rule by which a secp256k1 signature of an account is valid on this ledger (SEC 1, section 4.1.4, with one
 * form for everything): a compressed public key of 33 bytes on the curve, a digest of 32 bytes, a signature of
 * 64 bytes `r ‖ s` big-endian with 0 < r < n and 0 < s ≤ n/2. Slow and portable; any faster check gives the same
 * answer on every input.
 *
 * @returns false for anything malformed, never throws
 * @see docs/decisions/0009-secp256k1-account-keys.md
 */
export function verifySecp256k1(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== SECP256K1_PUBLIC_KEY_BYTES) return false;
  if (digest.length !== HASH_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  try {
    return secp256k1.verify(signature, digest, publicKey, RULE);
  } catch {
    // Points off the curve and numbers out of range are thrown by some versions: to a verifier they mean invalid.
    return false;
  }
}
