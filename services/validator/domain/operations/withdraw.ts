import { equalBytes, formatAddress, type CodedError } from '#kernel';
import type { WithdrawPayload } from '#services/transaction';
import { stakeError } from '../../errors.ts';
import { SCALE } from '../arithmetic.ts';
import { DELEGATIONS, POOLS } from '../records/tables.ts';
import { payDelegation } from '../rewards/pay-delegation.ts';
import { payOut, settleValidator } from '../rewards/settle.ts';
import { findValidator, type OperationContext } from './context.ts';

/**
 * RWD-6: pays the sender what it is due at a validator, and the commission when it is the operator.
 *
 * @returns `validator.unknown-validator`, `stake.no-delegation`, `stake.no-rewards`
 */
export function withdraw(context: OperationContext, { validator }: WithdrawPayload): CodedError | undefined {
  const { view, sender } = context;
  const found = findValidator(context, validator);
  if ('error' in found) return found.error;
  const isOperator = equalBytes(validator, sender);
  if (!isOperator && view.get(DELEGATIONS, validator, sender) === undefined) {
    return stakeError(
      'no-delegation',
      `${formatAddress(sender)} has no stake at ${formatAddress(validator)}`,
    );
  }
  settleValidator(view, validator);
  const paid = payDelegation(view, validator, sender) + (isOperator ? payCommission(context) : 0n);
  if (paid > 0n) return undefined;
  return stakeError('no-rewards', 'there are no rewards to withdraw yet');
}

function payCommission({ view, sender }: OperationContext): bigint {
  const pool = view.need(POOLS, sender);
  const due = pool.commission / SCALE;
  if (due === 0n) return 0n;
  view.set(POOLS, { ...pool, commission: pool.commission % SCALE }, sender);
  payOut(view, sender, due);
  view.emit('commission.withdrawn', { validator: formatAddress(sender), amount: due.toString() });
  return due;
}
