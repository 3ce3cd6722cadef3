import { formatAddress, type CodedError } from '#kernel';
import type { UnbondPayload } from '#services/transaction';
import { stakeError } from '../../errors.ts';
import type { EconomyParameters } from '../parameters.ts';
import { DELEGATIONS, POOLS } from '../records/tables.ts';
import { payDelegation } from '../rewards/pay-delegation.ts';
import { removeStake, valueOf } from '../stake.ts';
import { startUnbonding } from '../unbonding.ts';
import { emitStake } from './bond.ts';
import { findValidator, type OperationContext } from './context.ts';

/**
 * STAKE-4: begins to release stake; it is paid out after the unbonding period, less what is slashed until then.
 *
 * @returns `validator.unknown-validator`, `stake.no-delegation`, `.more-than-bonded`, `.dust`, `.too-many-entries`,
 *   `.shares-overflow`
 */
export function unbond(
  context: OperationContext,
  { validator, amount }: UnbondPayload,
): CodedError | undefined {
  const { view, parameters, place, sender } = context;
  const found = findValidator(context, validator);
  if ('error' in found) return found.error;
  const refused = refuseRelease(context, validator, amount);
  if (refused !== undefined) return refused;
  const { hopAfterMs } = view.need(DELEGATIONS, validator, sender);
  payDelegation(view, validator, sender);
  removeStake(view, validator, sender, amount);
  const endMs = endOfUnbonding(parameters, place.timeMs);
  const leaving = { operator: validator, delegator: sender, amount, endMs, hopAfterMs };
  const failed = startUnbonding(view, leaving);
  if (failed !== undefined) return failed;
  const change = { validator, account: sender, amount };
  emitStake(view, 'stake.unbonded', change, { endMs: endMs.toString() });
  return undefined;
}

/** When stake that leaves now is paid out, Unix milliseconds. */
export function endOfUnbonding({ unbondingPeriodMs }: EconomyParameters, timeMs: number): number {
  return timeMs + unbondingPeriodMs;
}

/** Why an amount of the sender's stake may not leave a validator. */
export function refuseRelease(
  { view, parameters, sender }: OperationContext,
  operator: Uint8Array,
  amount: bigint,
): CodedError | undefined {
  const delegation = view.get(DELEGATIONS, operator, sender);
  if (delegation === undefined) {
    return stakeError('no-delegation', `${formatAddress(sender)} has no stake at ${formatAddress(operator)}`);
  }
  const value = valueOf(view.need(POOLS, operator), delegation.shares);
  if (amount > value) {
    return stakeError('more-than-bonded', `${value} base units are bonded, ${amount} were asked for`, {
      bonded: value.toString(),
    });
  }
  if (amount === 0n) return stakeError('dust', 'nothing would be released');
  const rest = value - amount;
  if (rest === 0n || rest >= parameters.minDelegation) return undefined;
  return stakeError(
    'dust',
    `${rest} base units would be left, less than a delegation has, ${parameters.minDelegation}: release all ${value}`,
    { bonded: value.toString() },
  );
}
