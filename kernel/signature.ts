import { hash, type HashDomain } from './hash.ts';
import { verifyZip215 } from './keys.ts';

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

/** One Ed25519 signature to check. */
export interface SignatureCheck {
  readonly publicKey: Uint8Array;
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
}

/**
 * Checks Ed25519 signatures by the ZIP-215 rule. Every implementation gives the answer of `verifyZip215` on
 * every input; they differ in speed only.
 */
export interface SignatureVerifier {
  /** One check, on the calling thread: for votes and proposals. */
  verify(check: SignatureCheck): boolean;
  /**
   * Many checks off the calling thread, answers in order. `source` names who sent them: signatures that the
   * fast path rejects are decided slowly, on a budget per source.
   *
   * @throws `signature.budget-exhausted` when the source spent its budget: its input counts as unchecked
   */
  verifyBatch(checks: readonly SignatureCheck[], source: string): Promise<boolean[]>;
}

/** The portable verifier: the reference that the others are tested against. */
export const referenceVerifier: SignatureVerifier = {
  verify: (check) => verifyZip215(check.publicKey, check.digest, check.signature),
  verifyBatch: async (checks) => checks.map((check) => referenceVerifier.verify(check)),
};
