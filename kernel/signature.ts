import { hash, type HashDomain } from './hash.ts';
import { verifyZip215, type KeyType } from './keys.ts';
import { verifySecp256k1 } from './secp256k1.ts';

/** Kinds of signed messages; each has a hash domain of its own. */
export type SignedKind = 'transaction' | 'proposal' | 'vote' | 'declaration' | 'approval' | 'possession';

/**
 * The 32 bytes that are signed: the hash of the body in the kind's domain, under the genesis hash. A signature
 * for one kind or one chain is never valid for another.
 *
 * @param genesisHash 32 bytes; for `declaration` and `possession`, made before there is a genesis, 32 zero bytes
 */
export function signingDigest(kind: SignedKind, genesisHash: Uint8Array, body: Uint8Array): Uint8Array {
  const domain: HashDomain = `sign-${kind}`;
  return hash(domain, genesisHash, body);
}

/** One signature to check. */
export interface SignatureCheck {
  /** Ed25519 where it is left out: consensus keys are of no other type. */
  readonly keyType?: KeyType;
  readonly publicKey: Uint8Array;
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
}

/**
 * The one rule by which a signature of an account is valid, in portable code: ZIP-215 for Ed25519
 * (`verifyZip215`), `verifySecp256k1` for secp256k1.
 *
 * @returns false for anything malformed, never throws
 */
export function verifyAccountSignature(
  type: KeyType,
  publicKey: Uint8Array,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  return type === 'secp256k1'
    ? verifySecp256k1(publicKey, digest, signature)
    : verifyZip215(publicKey, digest, signature);
}

/**
 * Checks signatures. Every implementation gives the answer of `verifyAccountSignature` on every input; they differ
 * in speed only.
 */
export interface SignatureVerifier {
  /** One check, on the calling thread: for votes and proposals. */
  verify(check: SignatureCheck): boolean;
  /**
   * Many checks off the calling thread, of any types mixed, answers in order. `source` names who sent them:
   * signatures that are not plainly valid cost time, and are paid from a budget per source.
   *
   * @throws `signature.budget-exhausted` when the source spent its budget: its input counts as unchecked
   */
  verifyBatch(checks: readonly SignatureCheck[], source: string): Promise<boolean[]>;
}

/** The portable verifier: the reference that the others are tested against. */
export const referenceVerifier: SignatureVerifier = {
  verify: ({ keyType = 'ed25519', publicKey, digest, signature }) =>
    verifyAccountSignature(keyType, publicKey, digest, signature),
  verifyBatch: async (checks) => checks.map((check) => referenceVerifier.verify(check)),
};
