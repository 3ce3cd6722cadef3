import { parentPort } from 'node:worker_threads';
import { verifyZip215 } from '#kernel';
import { acceptsFast } from './native-ed25519.ts';
import { ANSWER, packedCheck, packedCount } from './packed-checks.ts';

/** A batch for a worker; `slow` asks for the ZIP-215 decision of what the fast accept left. */
export interface VerifyJob {
  readonly packed: Uint8Array<ArrayBuffer>;
  readonly slow: boolean;
}

parentPort?.on('message', ({ packed, slow }: VerifyJob) => {
  const answers = new Uint8Array(packedCount(packed));
  for (let index = 0; index < answers.length; index++) {
    const check = packedCheck(packed, index);
    const valid = slow ? verifyZip215(check.publicKey, check.digest, check.signature) : acceptsFast(check);
    answers[index] = valid ? ANSWER.valid : ANSWER.invalid;
  }
  parentPort?.postMessage(answers, [answers.buffer]);
});
