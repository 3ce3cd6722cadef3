import { ED25519_PUBLIC_KEY_BYTES, HASH_BYTES, SIGNATURE_BYTES, type SignatureCheck } from '#kernel';

/** Bytes of one check in a packed batch: public key, digest, signature. */
const CHECK_BYTES = ED25519_PUBLIC_KEY_BYTES + HASH_BYTES + SIGNATURE_BYTES;

/** What a worker answers for each check. */
export const ANSWER = { invalid: 0, valid: 1 } as const;

/** True when the check has the lengths that the packed form holds; others are invalid without a look. */
export function isPackable(check: SignatureCheck): boolean {
  return (
    check.publicKey.length === ED25519_PUBLIC_KEY_BYTES &&
    check.digest.length === HASH_BYTES &&
    check.signature.length === SIGNATURE_BYTES
  );
}

/** One buffer for many checks, so that a batch crosses to a worker without a copy. */
export function packChecks(checks: readonly SignatureCheck[]): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(checks.length * CHECK_BYTES);
  let offset = 0;
  for (const { publicKey, digest, signature } of checks) {
    packed.set(publicKey, offset);
    packed.set(digest, offset + ED25519_PUBLIC_KEY_BYTES);
    packed.set(signature, offset + ED25519_PUBLIC_KEY_BYTES + HASH_BYTES);
    offset += CHECK_BYTES;
  }
  return packed;
}

export function packedCount(packed: Uint8Array): number {
  return packed.length / CHECK_BYTES;
}

/** The check at `index`, as views into the packed buffer. */
export function packedCheck(packed: Uint8Array, index: number): SignatureCheck {
  const start = index * CHECK_BYTES;
  const digest = start + ED25519_PUBLIC_KEY_BYTES;
  const signature = digest + HASH_BYTES;
  return {
    publicKey: packed.subarray(start, digest),
    digest: packed.subarray(digest, signature),
    signature: packed.subarray(signature, start + CHECK_BYTES),
  };
}
