import { parentPort } from 'node:worker_threads';
import { validateGenesis } from '#genesis';
import { lowerThreadPriority, nativeVerifier, systemClock } from '#runtime';
import type { JudgeAnswer } from './judge.ts';

// Blocks and votes come first where there are few cores.
lowerThreadPriority();

async function answer(bytes: Uint8Array): Promise<JudgeAnswer> {
  try {
    return { report: await validateGenesis(bytes, systemClock, { verifier: nativeVerifier }) };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.once('message', (bytes: Uint8Array) => {
  void answer(bytes).then((found) => parentPort?.postMessage(found));
});
