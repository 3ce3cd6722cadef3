import { verifyZip215, type SignatureCheck, type SignatureVerifier } from '#kernel';
import { acceptsFast } from './native-ed25519.ts';
import { verifyNativeSecp256k1 } from './native-secp256k1.ts';

/**
 * The answer of `verifyAccountSignature`, sooner. Ed25519: what the fast accept takes is valid, what it leaves is
 * decided by ZIP-215 itself.
 */
export function verifySignature(check: SignatureCheck): boolean {
  if (check.keyType === 'secp256k1') return verifyNativeSecp256k1(check);
  return acceptsFast(check) || verifyZip215(check.publicKey, check.digest, check.signature);
}

/** All checks on the calling thread and without a budget: for what is bounded by itself, such as a genesis. */
export const nativeVerifier: SignatureVerifier = {
  verify: verifySignature,
  verifyBatch: async (checks) => checks.map(verifySignature),
};
