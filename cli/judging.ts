import { basename } from 'node:path';
import type { JudgeOptions } from '#genesis';
import { nativeVerifier } from '#runtime';
import type { Output } from './output.ts';

/** How a command judges a genesis: with the fast verifier, and a line on a terminal that says how far it is. */
export async function judging(output: Output, file: string): Promise<JudgeOptions> {
  const { describeProgress } = await import('#genesis');
  return {
    verifier: nativeVerifier,
    onProgress: (stage, fraction) => output.status(`${basename(file)}: ${describeProgress(stage, fraction)}`),
  };
}
