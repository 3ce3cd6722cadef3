import type { LightBlock, TrustedState } from '../domain/types.ts';
import { stateOf } from '../domain/light-block.ts';
import { lightError } from '../errors.ts';
import { FETCHES_MAX } from '../limits.ts';
import type { LightBlockSource } from '../ports.ts';
import { verifyLightBlock, type VerifyContext } from './verify-block.ts';

/**
 * LIGHT-9: verifies a target by skipping; where the validators have changed too much for that, by halves of the
 * way. Fetches only what it needs, and no more than a bound.
 *
 * @returns the verified blocks in order, the target last
 * @throws `light.*`: what is wrong with a block on the way
 * @see LCV-FUNC-MAIN and LCV-FUNC-SCHEDULE of the CometBFT light client specification
 */
export async function traceTo(
  context: VerifyContext,
  root: TrustedState,
  target: LightBlock,
  source: LightBlockSource,
): Promise<LightBlock[]> {
  const trace: LightBlock[] = [];
  /** The target, and below it the pivots that are not verified yet; heights fall towards the end. */
  const pending = [target];
  let trusted = root;
  let fetches = 0;
  for (let next = pending.at(-1); next !== undefined; next = pending.at(-1)) {
    const verdict = await verifyLightBlock(context, trusted, next);
    if (!verdict.ok) throw verdict.error;
    if (verdict.value === 'verified') {
      trace.push(next);
      trusted = stateOf(next);
      pending.pop();
      continue;
    }
    fetches += 1;
    if (fetches > FETCHES_MAX) throw tooManySteps(root, target);
    const pivot = trusted.height + Math.floor((next.header.height - trusted.height) / 2);
    pending.push(await blockAt(source, pivot));
  }
  return trace;
}

/** The light block of exactly this height. @throws `light.wrong-height`, and what the source throws */
export async function blockAt(source: LightBlockSource, height: number): Promise<LightBlock> {
  const block = await source.lightBlock(height);
  if (block.header.height === height) return block;
  const message = `${source.name} gave the header of height ${block.header.height} where ${height} was asked for`;
  throw lightError('wrong-height', message, { height, found: block.header.height });
}

function tooManySteps(root: TrustedState, target: LightBlock) {
  const message = `more than ${FETCHES_MAX} headers between ${root.height} and ${target.header.height} were not enough; trust a header nearer to the target`;
  return lightError('too-many-steps', message, { from: root.height, to: target.header.height });
}
