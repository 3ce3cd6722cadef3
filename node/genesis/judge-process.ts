import { validateGenesis } from '#genesis';
import { nativeVerifier, systemClock } from '#runtime';
import type { JudgeAnswer } from './judge.ts';

// Judges the document on standard input, and ends when the node that asked has the answer, or is gone.
process.on('disconnect', () => process.exit());
const pieces: Uint8Array[] = [];
for await (const piece of process.stdin) pieces.push(piece as Uint8Array);
const answer = await judge(Buffer.concat(pieces.splice(0)));
process.send?.(answer);

async function judge(bytes: Uint8Array): Promise<JudgeAnswer> {
  try {
    return { report: await validateGenesis(bytes, systemClock, { verifier: nativeVerifier }) };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}
