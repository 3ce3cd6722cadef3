import { isPointCompressed, verify } from 'tiny-secp256k1';
import {
  HASH_BYTES,
  SECP256K1_PUBLIC_KEY_BYTES,
  SIGNATURE_BYTES,
  verifySecp256k1,
  type SignatureCheck,
} from '#kernel';

/**
 * The answer of libsecp256k1 (as WebAssembly), about six times faster than the portable check; undefined where it
 * gives none.
 */
export function decideFast({ publicKey, digest, signature }: SignatureCheck): boolean | undefined {
  if (publicKey.length !== SECP256K1_PUBLIC_KEY_BYTES) return false;
  if (digest.length !== HASH_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  try {
    // `verify` would throw for a point off the curve out of WebAssembly, whose stack stays used up: some ten
    // thousand such keys, and no call works any more. Asking for the point first never throws.
    return isPointCompressed(publicKey) && verify(digest, publicKey, signature, true);
  } catch {
    // r or s beyond the order, seen before WebAssembly; or the library failed.
    return undefined;
  }
}

/** The answer of the rule: libsecp256k1's, and where it gives none, that of the rule itself. */
export function verifyNativeSecp256k1(check: SignatureCheck): boolean {
  return decideFast(check) ?? verifySecp256k1(check.publicKey, check.digest, check.signature);
}
