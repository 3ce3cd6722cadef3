import type { SignatureCheck, SignatureVerifier, SigningKey } from '#kernel';
import { verifySignature } from '#runtime';

const REMEMBERED_MAX = 200_000;
const answers = new Map<string, boolean>();

/**
 * The exact answer of ZIP-215, worked out once for all nodes: in a run each signature is checked by every node,
 * and the checks would be most of its time.
 */
export const sharedVerifier: SignatureVerifier = {
  verify,
  verifyBatch: async (checks) => checks.map(verify),
};

function verify(check: SignatureCheck): boolean {
  const key = keyOf(check);
  return answers.get(key) ?? remember(key, verifySignature(check));
}

/** A key whose own signatures need no check: most of those in a run are of validators that tell the truth. */
export function rememberedKey(key: SigningKey): SigningKey {
  const { type: keyType, publicKey } = key;
  return {
    type: keyType,
    publicKey,
    sign(digest) {
      const signature = key.sign(digest);
      remember(keyOf({ keyType, publicKey, digest, signature }), true);
      return signature;
    },
  };
}

function remember(key: string, answer: boolean): boolean {
  if (answers.size >= REMEMBERED_MAX) answers.clear();
  answers.set(key, answer);
  return answer;
}

/** What is asked as text goes through it: asking a small array for its buffer would move it off the JavaScript heap. */
const scratch = Buffer.alloc(256);

/** Lengths are part of the key: only 32, 32 and 64 bytes can be valid, and nothing else takes their place. */
function keyOf({ publicKey, digest, signature }: SignatureCheck): string {
  const length = publicKey.length + digest.length + signature.length;
  const bytes = length > scratch.length ? Buffer.alloc(length) : scratch;
  bytes.set(publicKey);
  bytes.set(digest, publicKey.length);
  bytes.set(signature, publicKey.length + digest.length);
  return `${publicKey.length}:${digest.length}:${bytes.toString('latin1', 0, length)}`;
}
