import { formatAddress, type CodedError } from '#kernel';
import { validatorError } from '../../errors.ts';
import { POOLS, SEATS, VALIDATORS } from '../records/tables.ts';
import { valueOf } from '../stake.ts';
import { findOwn, type OperationContext } from './context.ts';

/**
 * VAL-6: lets a validator out of jail, when its time is over and its self-stake is enough. While it has kept its
 * place in the set it is active at once, otherwise a later set may hold it.
 *
 * @returns `validator.not-operator`, `.exiting`, `.tombstoned`, `.not-jailed`, `.jail-not-over`,
 *   `.self-stake-too-small`
 */
export function unjail(context: OperationContext): CodedError | undefined {
  const found = findOwn(context);
  if ('error' in found) return found.error;
  const { view, place, sender } = context;
  const record = found.value;
  const { status, jailedUntilMs, minSelfStake } = record;
  if (status === 'tombstoned') {
    return validatorError('tombstoned', 'the validator signed two blocks and is tombstoned for good');
  }
  if (status !== 'jailed') return validatorError('not-jailed', `the validator is ${status}, not in jail`);
  if (place.timeMs < jailedUntilMs) {
    return validatorError('jail-not-over', `the validator stays in jail until ${jailedUntilMs}`, {
      untilMs: jailedUntilMs,
    });
  }
  const pool = view.need(POOLS, sender);
  const own = valueOf(pool, pool.selfShares);
  if (own < minSelfStake) {
    return validatorError(
      'self-stake-too-small',
      `the operator's own stake is ${own}, its minimum ${minSelfStake}: bond more first`,
    );
  }
  const isSeated = (view.get(SEATS, sender)?.current.power ?? 0) > 0;
  view.set(VALIDATORS, { ...record, status: isSeated ? 'active' : 'inactive', jailedUntilMs: 0 }, sender);
  view.emit('validator.unjailed', { validator: formatAddress(sender) });
  return undefined;
}
