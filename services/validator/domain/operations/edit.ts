import { formatAddress, type CodedError } from '#kernel';
import type { EditPayload } from '#services/transaction';
import { validatorError } from '../../errors.ts';
import type { ValidatorRecord } from '../records/records.ts';
import { POOLS, VALIDATORS } from '../records/tables.ts';
import { settleValidator } from '../rewards/settle.ts';
import { valueOf } from '../stake.ts';
import { findOwn, type OperationContext } from './context.ts';
import { checkIdentity } from './terms.ts';

const DAY_MS = 86_400_000;

/**
 * VAL-5: changes what is given. The commission changes once a day at most and within its bounds, for rewards from
 * now on; the minimum self-stake goes up only.
 *
 * @returns `validator.not-operator`, `.exiting`, `.no-change`, `.malformed-identity`, `.commission-range`,
 *   `.commission-jump`, `.commission-too-soon`, `.self-stake-lowered`, `.self-stake-too-small`
 */
export function edit(context: OperationContext, payload: EditPayload): CodedError | undefined {
  const found = findOwn(context);
  if ('error' in found) return found.error;
  const { view, place, sender } = context;
  const { identity, commissionRate, minSelfStake } = payload;
  if (identity === undefined && commissionRate === undefined && minSelfStake === undefined) {
    return validatorError('no-change', 'the edit names nothing to change');
  }
  let record: ValidatorRecord = found.value;
  if (identity !== undefined) {
    const malformed = checkIdentity(identity);
    if (malformed !== undefined) return malformed;
    record = { ...record, identity, identityHeight: place.height };
  }
  if (commissionRate !== undefined) {
    const refused = refuseRate(record, commissionRate, place.timeMs);
    if (refused !== undefined) return refused;
    settleValidator(view, sender);
    const commission = { ...record.commission, rate: commissionRate };
    record = { ...record, commission, commissionChangedMs: place.timeMs };
  }
  if (minSelfStake !== undefined) {
    const refused = refuseSelfStake(context, record, minSelfStake);
    if (refused !== undefined) return refused;
    record = { ...record, minSelfStake };
  }
  view.set(VALIDATORS, record, sender);
  view.emit('validator.edited', {
    validator: formatAddress(sender),
    name: record.identity.name,
    commission: record.commission.rate.toString(),
  });
  return undefined;
}

function refuseRate(
  { commission, commissionChangedMs }: ValidatorRecord,
  rate: number,
  timeMs: number,
): CodedError | undefined {
  const { maxRate, maxDailyChange, rate: before } = commission;
  if (!Number.isSafeInteger(rate) || rate < 0 || rate > maxRate) {
    return validatorError(
      'commission-range',
      `the rate ${rate} is not from 0 to the validator's largest, ${maxRate} basis points`,
      { rate, maxRate },
    );
  }
  if (Math.abs(rate - before) > maxDailyChange) {
    return validatorError(
      'commission-jump',
      `the rate would change from ${before} to ${rate}; at most ${maxDailyChange} basis points within a day`,
      { rate, before, maxDailyChange },
    );
  }
  if (commissionChangedMs > 0 && timeMs - commissionChangedMs < DAY_MS) {
    const nextMs = commissionChangedMs + DAY_MS;
    return validatorError(
      'commission-too-soon',
      `the rate was changed within a day: it can change again from ${nextMs} on`,
      { nextMs },
    );
  }
  return undefined;
}

function refuseSelfStake(
  { view, sender }: OperationContext,
  record: ValidatorRecord,
  minSelfStake: bigint,
): CodedError | undefined {
  if (minSelfStake < record.minSelfStake) {
    return validatorError(
      'self-stake-lowered',
      `the minimum self-stake is ${record.minSelfStake}: delegators rely on it, it only goes up`,
    );
  }
  const pool = view.need(POOLS, sender);
  const own = valueOf(pool, pool.selfShares);
  if (minSelfStake <= own) return undefined;
  return validatorError(
    'self-stake-too-small',
    `the minimum self-stake would be ${minSelfStake}, the operator's own stake is ${own}: bond more first`,
  );
}
