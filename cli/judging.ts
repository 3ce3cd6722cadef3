import { basename } from 'node:path';
import type { JudgeOptions, JudgeStage } from '#genesis';
import { nativeVerifier } from '#runtime';
import type { Output } from './output.ts';

/** What a validation is at, for people. */
const STAGES: Readonly<Record<JudgeStage, string>> = {
  json: 'reading',
  values: 'reading accounts and validators',
  rules: 'checking accounts and validators',
  signatures: 'checking signatures',
  hash: 'hashing',
  state: 'building the state',
};

/** How a command judges a genesis: with the fast verifier, and a line on a terminal that says how far it is. */
export function judging(output: Output, file: string): JudgeOptions {
  return {
    verifier: nativeVerifier,
    onProgress: (stage, fraction) =>
      output.status(`${basename(file)}: ${STAGES[stage]} ${Math.round(fraction * 100)} %`),
  };
}
