import type { CodedError } from '#kernel';
import type { CancelUnbondPayload } from '#services/transaction';
import { stakeError } from '../../errors.ts';
import { UNBONDINGS, UNBONDING_POOLS } from '../records/tables.ts';
import { addStake, sharesToTake } from '../stake.ts';
import { entryValue, takeFromEntry } from '../unbonding.ts';
import { emitStake } from './bond.ts';
import { findOpen, type OperationContext } from './context.ts';

/**
 * STAKE-7: bonds again what is on its way out, at the same validator.
 *
 * @returns `validator.unknown-validator`, `.tombstoned`, `.exiting`, `stake.no-entry`, `.more-than-unbonding`,
 *   `.dust`, and those of `addStake`
 */
export function cancelUnbond(
  context: OperationContext,
  { validator, endMs, amount }: CancelUnbondPayload,
): CodedError | undefined {
  const { view, parameters, sender } = context;
  const found = findOpen(context, validator);
  if ('error' in found) return found.error;
  const entry = view.get(UNBONDINGS, validator, sender)?.entries.find((other) => other.endMs === endMs);
  if (entry === undefined) {
    return stakeError('no-entry', `nothing of the account leaves the validator at ${endMs}`, { endMs });
  }
  const pool = view.need(UNBONDING_POOLS, validator, entry.epoch);
  const value = entryValue(pool, entry);
  if (amount > value) {
    return stakeError(
      'more-than-unbonding',
      `the entry holds ${value} base units, ${amount} were asked for`,
      {
        unbonding: value.toString(),
      },
    );
  }
  if (amount === 0n || amount < parameters.minDelegation) {
    return stakeError(
      'dust',
      `${amount} base units are less than a delegation has, ${parameters.minDelegation}`,
    );
  }
  const shares = sharesToTake({ stake: pool.tokens, shares: pool.shares }, entry.shares, amount);
  takeFromEntry(view, { operator: validator, delegator: sender }, entry, { shares, tokens: amount });
  const { hopAfterMs } = entry;
  const returning = { operator: validator, delegator: sender, amount, hopAfterMs };
  const failed = addStake(view, parameters, returning);
  if (failed !== undefined) return failed;
  const change = { validator, account: sender, amount };
  emitStake(view, 'stake.unbonding-cancelled', change, { endMs: endMs.toString() });
  return undefined;
}
