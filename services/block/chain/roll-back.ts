import type { StateEngine } from '#engines/state';
import { rollBackState } from '#services/blockchain';
import type { ChainIdentity } from '#services/transaction';
import { blockError } from '../errors.ts';
import { corruptHome, createBlockStore } from '../store/block-store.ts';

/**
 * Puts the state back by one height; blocks stay, and the next `open` of the chain executes the last one again. For a
 * home whose last execution was at fault: the software that opens it next must be without the fault.
 *
 * @returns the last block's height, and the entries of the state that changed
 * @throws `block.nothing-to-roll-back` before the first block, and what `rollBackState` throws
 */
export async function rollBack(
  engine: StateEngine,
  identity: ChainIdentity,
): Promise<{ readonly blockHeight: number; readonly stateHeight: number; readonly entries: number }> {
  const store = createBlockStore(engine, identity);
  const tip = await store.tip();
  if (tip === undefined) {
    throw blockError('nothing-to-roll-back', 'this home has no block yet: there is no height to roll back');
  }
  const summary = await store.summary(tip.height);
  if (summary === undefined) throw corruptHome(`the block of the stored tip ${tip.height} is missing`);
  const { height, entries } = await rollBackState(engine, summary.header);
  return { blockHeight: tip.height, stateHeight: height, entries };
}
