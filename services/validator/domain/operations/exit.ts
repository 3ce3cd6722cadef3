import { formatAddress, type CodedError } from '#kernel';
import { DELEGATIONS, POOLS, VALIDATORS } from '../records/tables.ts';
import { valueOf } from '../stake.ts';
import { findOwn, type OperationContext } from './context.ts';
import { unbond } from './unbond.ts';

/**
 * VAL-8: takes the validator out. The operator's own stake begins to unbond; delegators release or move theirs when
 * they like. It leaves the set at the next rotation, and the state when nothing of it is left; its keys stay used.
 *
 * @returns `validator.not-operator`, `.exiting`, and those of `unbond`
 */
export function exit(context: OperationContext): CodedError | undefined {
  const found = findOwn(context);
  if ('error' in found) return found.error;
  const { view, sender } = context;
  const delegation = view.get(DELEGATIONS, sender, sender);
  const own = delegation === undefined ? 0n : valueOf(view.need(POOLS, sender), delegation.shares);
  if (own > 0n) {
    const failed = unbond(context, { type: 'stake.unbond', validator: sender, amount: own });
    if (failed !== undefined) return failed;
  }
  view.set(VALIDATORS, { ...found.value, isExiting: true }, sender);
  view.emit('validator.exiting', { validator: formatAddress(sender) });
  return undefined;
}
