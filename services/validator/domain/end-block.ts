import { closeEpoch } from './epoch/close-epoch.ts';
import { applySet, decideSet } from './epoch/decide.ts';
import { setOfView } from './epoch/seats.ts';
import type { BlockPlace, EconomyParameters } from './parameters.ts';
import { PROGRESS } from './records/tables.ts';
import type { StakeView } from './stake-view.ts';
import type { ValidatorSet } from './validator-set.ts';

/**
 * What happens after a block's transactions: at the end of an epoch it is closed and the next set decided on; a set
 * whose delay is over comes into force.
 *
 * @param turns who was to propose in the first rounds of this height: places in its set
 * @returns the validators of the next height when they are others than before
 */
export function endBlock(
  view: StakeView,
  parameters: EconomyParameters,
  { height }: BlockPlace,
  turns: readonly number[],
): ValidatorSet | undefined {
  view.set(PROGRESS, { ...view.need(PROGRESS), turns });
  if (isLastOfEpoch(view, parameters, height)) {
    closeEpoch(view);
    if (view.need(PROGRESS).appliesAt === 0)
      decideSet(view, parameters, height + 1 + parameters.activationDelayBlocks);
    const progress = view.need(PROGRESS);
    view.set(PROGRESS, { ...progress, epoch: progress.epoch + 1, epochStart: height });
  }
  if (view.need(PROGRESS).appliesAt !== height + 1) return undefined;
  applySet(view, height + 1);
  const set = setOfView(view, 'current');
  view.emit('validator-set.rotated', {
    height: (height + 1).toString(),
    validators: set.validators.length.toString(),
    power: set.totalPower.toString(),
  });
  return set;
}

/** EPOCH-1: epochs are counted from the height at which the last one ended. */
export function isLastOfEpoch(view: StakeView, { epochBlocks }: EconomyParameters, height: number): boolean {
  return height === view.need(PROGRESS).epochStart + epochBlocks;
}
