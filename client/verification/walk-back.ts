import { equalBytes } from '#kernel';
import type { LightBlock } from '../domain/types.ts';
import { lightError } from '../errors.ts';
import { BACKWARD_MAX } from '../limits.ts';
import type { LightBlockSource } from '../ports.ts';
import { blockAt } from './trace-to.ts';

/**
 * LIGHT-10: verifies a header below a verified one by the hashes of parents: each header names the one before, so
 * neither signatures nor periods matter.
 *
 * @throws `light.wrong-parent`, `light.too-many-steps`
 */
export async function walkBack(
  from: LightBlock,
  height: number,
  source: LightBlockSource,
): Promise<LightBlock> {
  let block = from;
  const distance = from.header.height - height;
  if (distance > BACKWARD_MAX) {
    const message = `height ${height} is ${distance} below the nearest verified header above, at most ${BACKWARD_MAX} are walked; trust a header nearer to it`;
    throw lightError('too-many-steps', message, { from: from.header.height, to: height });
  }
  while (block.header.height > height) {
    const before = await blockAt(source, block.header.height - 1);
    if (!equalBytes(before.hash, block.header.parentHash)) {
      const message = `the header of height ${before.header.height} is not the parent of the verified one after it`;
      throw lightError('wrong-parent', message, { height: before.header.height });
    }
    block = before;
  }
  return block;
}
