import { HASH_BYTES, PUBLIC_KEY_BYTES, SIGNATURE_BYTES, type KeyType, type SignatureCheck } from '#kernel';

/** What a worker answers for each check. */
export const ANSWER = { invalid: 0, valid: 1 } as const;

/** Bytes of one check in a packed batch of a type: public key, digest, signature. */
function checkBytes(type: KeyType): number {
  return PUBLIC_KEY_BYTES[type] + HASH_BYTES + SIGNATURE_BYTES;
}

/** True when the check has the lengths that the packed form holds; others are invalid without a look. */
export function isPackable({ keyType = 'ed25519', publicKey, digest, signature }: SignatureCheck): boolean {
  return (
    publicKey.length === PUBLIC_KEY_BYTES[keyType] &&
    digest.length === HASH_BYTES &&
    signature.length === SIGNATURE_BYTES
  );
}

/** One buffer for many checks of one type, so that a batch crosses to a worker without a copy. */
export function packChecks(type: KeyType, checks: readonly SignatureCheck[]): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(checks.length * checkBytes(type));
  let offset = 0;
  for (const { publicKey, digest, signature } of checks) {
    packed.set(publicKey, offset);
    packed.set(digest, offset + publicKey.length);
    packed.set(signature, offset + publicKey.length + HASH_BYTES);
    offset += checkBytes(type);
  }
  return packed;
}

export function packedCount(type: KeyType, packed: Uint8Array): number {
  return packed.length / checkBytes(type);
}

/** The check at `index`, as views into the packed buffer. */
export function packedCheck(keyType: KeyType, packed: Uint8Array, index: number): SignatureCheck {
  const start = index * checkBytes(keyType);
  const digest = start + PUBLIC_KEY_BYTES[keyType];
  const signature = digest + HASH_BYTES;
  return {
    keyType,
    publicKey: packed.subarray(start, digest),
    digest: packed.subarray(digest, signature),
    signature: packed.subarray(signature, signature + SIGNATURE_BYTES),
  };
}
