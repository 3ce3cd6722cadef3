import { equalBytes, isCodedError, type CodedError } from '#kernel';
import { stateOf } from '../domain/light-block.ts';
import { lightError } from '../errors.ts';
import type { Divergence, LightBlock, TrustedState } from '../domain/types.ts';
import type { LightBlockSource } from '../ports.ts';
import { blockAt, traceTo } from './trace-to.ts';
import type { VerifyContext } from './verify-block.ts';

/** What a witness made of a header that the primary proved. */
export type Testimony =
  | { readonly kind: 'agrees' }
  /** It has nothing to say now: it lags or does not answer. */
  | { readonly kind: 'silent'; readonly error: CodedError }
  /** It has another header and cannot prove it: it lies or is of another chain. */
  | { readonly kind: 'faulty'; readonly error: CodedError }
  | { readonly kind: 'diverges'; readonly divergence: Divergence };

/**
 * LIGHT-12: asks a witness for the newest header of the trace. When it has another, LIGHT-13: the trace is gone
 * through with the witness, from block to block; where it proves another block from the last common one, both
 * together are evidence that validators signed twice.
 *
 * @param root what the trace was verified against
 * @see LCD-FUNC-DETECTOR, https://github.com/cometbft/cometbft/blob/main/spec/light-client/detection/detection_003_reviewed.md
 */
export async function hearWitness(
  context: VerifyContext,
  witness: LightBlockSource,
  root: TrustedState,
  trace: readonly LightBlock[],
): Promise<Testimony> {
  const newest = trace.at(-1);
  if (newest === undefined) return { kind: 'agrees' };
  try {
    const theirs = await blockAt(witness, newest.header.height);
    if (equalBytes(theirs.hash, newest.hash)) return { kind: 'agrees' };
    return await examine(context, witness, root, trace);
  } catch (error) {
    if (!isCodedError(error)) throw error;
    const isSilent = ['light.not-available', 'light.trust-expired'].includes(error.code);
    return { kind: isSilent ? 'silent' : 'faulty', error };
  }
}

async function examine(
  context: VerifyContext,
  witness: LightBlockSource,
  root: TrustedState,
  trace: readonly LightBlock[],
): Promise<Testimony> {
  let common = root;
  for (const block of trace) {
    const theirs = await blockAt(witness, block.header.height);
    const same = equalBytes(theirs.hash, block.hash);
    // Proven from the common block or thrown out: only a proof makes it a divergence.
    if (!same) await traceTo(context, common, theirs, witness);
    if (!same) {
      const { name } = witness;
      const divergence = { commonHeight: common.height, witness: name, ofPrimary: block, ofWitness: theirs };
      return { kind: 'diverges', divergence };
    }
    common = stateOf(block);
  }
  const message = `${witness.name} gave another header of height ${common.height} before: it says what it likes`;
  return { kind: 'faulty', error: lightError('wrong-height', message) };
}
