import { parentPort } from 'node:worker_threads';
import { verifyZip215, type KeyType, type SignatureCheck } from '#kernel';
import { acceptsFast } from './native-ed25519.ts';
import { verifyNativeSecp256k1 } from './native-secp256k1.ts';
import { ANSWER, packedCheck, packedCount } from './packed-checks.ts';

/**
 * A batch of one type for a worker. `slow` asks for the ZIP-215 decision of what the fast accept left; for
 * secp256k1 there is one decision only.
 */
export interface VerifyJob {
  readonly keyType: KeyType;
  readonly packed: Uint8Array<ArrayBuffer>;
  readonly slow: boolean;
}

parentPort?.on('message', ({ keyType, packed, slow }: VerifyJob) => {
  const verify = verifierOf(keyType, slow);
  const answers = new Uint8Array(packedCount(keyType, packed));
  for (let index = 0; index < answers.length; index++) {
    answers[index] = verify(packedCheck(keyType, packed, index)) ? ANSWER.valid : ANSWER.invalid;
  }
  parentPort?.postMessage(answers, [answers.buffer]);
});

function verifierOf(keyType: KeyType, slow: boolean): (check: SignatureCheck) => boolean {
  if (keyType === 'secp256k1') return verifyNativeSecp256k1;
  if (!slow) return acceptsFast;
  return ({ publicKey, digest, signature }) => verifyZip215(publicKey, digest, signature);
}
