import { formatAddress, type CodedError } from '#kernel';
import type { BondPayload } from '#services/transaction';
import { stakeError } from '../../errors.ts';
import { POOLS } from '../records/tables.ts';
import { addStake } from '../stake.ts';
import type { StakeView } from '../stake-view.ts';
import { findOpen, type OperationContext } from './context.ts';

/**
 * STAKE-1: bonds balance of the sender to a validator, for the next set to be decided.
 *
 * @returns `validator.unknown-validator`, `.tombstoned`, `.exiting`, `stake.dust`, `stake.insufficient-balance`, and
 *   those of `addStake`
 */
export function bond(context: OperationContext, { validator, amount }: BondPayload): CodedError | undefined {
  const { view, parameters, sender } = context;
  const found = findOpen(context, validator);
  if ('error' in found) return found.error;
  if (amount === 0n || amount < parameters.minDelegation) {
    return stakeError(
      'dust',
      `${amount} base units are less than a delegation has, ${parameters.minDelegation}`,
    );
  }
  if (view.balanceOf(sender) < amount) {
    return stakeError('insufficient-balance', `the balance does not cover ${amount}`);
  }
  const failed = addStake(view, parameters, { operator: validator, delegator: sender, amount });
  if (failed !== undefined) return failed;
  view.debit(sender, amount);
  emitStake(view, 'stake.bonded', { validator, account: sender, amount });
  return undefined;
}

/** Tells of stake that came or went, and what the validator has now. */
export function emitStake(
  view: StakeView,
  type: string,
  { validator, account, amount }: { validator: Uint8Array; account: Uint8Array; amount: bigint },
  more: Readonly<Record<string, string>> = {},
): void {
  view.emit(type, {
    validator: formatAddress(validator),
    account: formatAddress(account),
    amount: amount.toString(),
    stake: view.need(POOLS, validator).stake.toString(),
    ...more,
  });
}
