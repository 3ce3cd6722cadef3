import { verifyZip215, type SignatureCheck, type SignatureVerifier } from '#kernel';

/** The part of the Web Cryptography API that is used. */
type Subtle = Pick<typeof globalThis.crypto.subtle, 'importKey' | 'verify'>;

/**
 * Ed25519 by the browser's own code, which takes a fraction of the time. It accepts less than ZIP-215 and nothing
 * more, so what it accepts is valid, and what it rejects is decided by the rule itself. Where the platform has no
 * Ed25519, the rule decides everything.
 *
 * @param subtle `crypto.subtle`; a page over plain HTTP has none
 * @see docs/decisions/0004-zip-215-with-a-fast-accept.md
 */
export function webCryptoVerifier(subtle: Subtle | undefined): Pick<SignatureVerifier, 'verifyBatch'> {
  let isUsable = subtle !== undefined;

  async function isAccepted({ publicKey, digest, signature }: SignatureCheck): Promise<boolean> {
    if (subtle === undefined || !isUsable) return false;
    try {
      const key = await subtle.importKey('raw', new Uint8Array(publicKey), 'Ed25519', false, ['verify']);
      return await subtle.verify('Ed25519', key, new Uint8Array(signature), new Uint8Array(digest));
    } catch (error) {
      // NotSupportedError: the platform knows no Ed25519, and will not learn it.
      if (error instanceof Error && error.name === 'NotSupportedError') isUsable = false;
      return false;
    }
  }

  return {
    verifyBatch: (checks) =>
      Promise.all(
        checks.map(
          async (check) =>
            (await isAccepted(check)) || verifyZip215(check.publicKey, check.digest, check.signature),
        ),
      ),
  };
}
