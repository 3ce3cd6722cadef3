import { formatAddress, equalBytes, type CodedError } from '#kernel';
import type { RedelegatePayload } from '#services/transaction';
import { stakeError } from '../../errors.ts';
import { ENTRIES_MAX, REDELEGATIONS_OUT_MAX } from '../../limits.ts';
import { DELEGATIONS, MATURITIES, POOLS, PROGRESS, REDELEGATIONS } from '../records/tables.ts';
import { payDelegation } from '../rewards/pay-delegation.ts';
import { addStake, removeStake } from '../stake.ts';
import { emitStake } from './bond.ts';
import { findOpen, findValidator, type OperationContext } from './context.ts';
import { endOfUnbonding, refuseRelease } from './unbond.ts';

/**
 * STAKE-8: moves stake to another validator, where it counts from the next set on. For the unbonding period it still
 * answers for the source's faults, and may not move on.
 *
 * @returns `stake.same-validator`, `.hop`, `.too-many-entries`, `.too-many-redelegations`, `.no-delegation`,
 *   `.more-than-bonded`, `.dust`, `validator.unknown-validator`, `.tombstoned`, `.exiting`, and those of `addStake`
 */
export function redelegate(
  context: OperationContext,
  { source, destination, amount }: RedelegatePayload,
): CodedError | undefined {
  const { view, parameters, place, sender } = context;
  const refused = refuse(context, source, destination, amount);
  if (refused !== undefined) return refused;
  const endMs = endOfUnbonding(parameters, place.timeMs);
  const noted = noteMove(context, source, destination, { amount, endMs });
  if (noted !== undefined) return noted;
  payDelegation(view, source, sender);
  removeStake(view, source, sender, amount);
  const arriving = { operator: destination, delegator: sender, amount, hopAfterMs: endMs };
  const failed = addStake(view, parameters, arriving);
  if (failed !== undefined) return failed;
  emitStake(
    view,
    'stake.redelegated',
    { validator: destination, account: sender, amount },
    { source: formatAddress(source), endMs: endMs.toString() },
  );
  return undefined;
}

function refuse(
  context: OperationContext,
  source: Uint8Array,
  destination: Uint8Array,
  amount: bigint,
): CodedError | undefined {
  if (equalBytes(source, destination)) {
    return stakeError('same-validator', 'source and destination are the same validator');
  }
  for (const found of [findValidator(context, source), findOpen(context, destination)]) {
    if ('error' in found) return found.error;
  }
  const { view, place, sender } = context;
  const released = refuseRelease(context, source, amount);
  if (released !== undefined) return released;
  const hopAfterMs = view.need(DELEGATIONS, source, sender).hopAfterMs;
  if (hopAfterMs <= place.timeMs) return undefined;
  return stakeError(
    'hop',
    `stake at the source came by redelegation and answers for faults elsewhere until ${hopAfterMs}: it may not move on before`,
    { untilMs: hopAfterMs },
  );
}

/** Notes the move for slashes of the source. @returns `stake.too-many-entries`, `stake.too-many-redelegations` */
function noteMove(
  { view, sender }: OperationContext,
  source: Uint8Array,
  destination: Uint8Array,
  { amount, endMs }: { readonly amount: bigint; readonly endMs: number },
): CodedError | undefined {
  const { epoch } = view.need(PROGRESS);
  const entries = [...(view.get(REDELEGATIONS, source, sender, destination)?.entries ?? [])];
  const last = entries.at(-1);
  if (last?.endMs === endMs && last.epoch === epoch) {
    entries[entries.length - 1] = { ...last, amount: last.amount + amount };
  } else {
    if (entries.length >= ENTRIES_MAX) {
      return stakeError(
        'too-many-entries',
        `${entries.length} redelegations between the two validators are under way: wait for the first to end`,
      );
    }
    const pool = view.need(POOLS, source);
    // STAKE-9
    if (pool.redelegationsOut >= REDELEGATIONS_OUT_MAX) {
      return stakeError(
        'too-many-redelegations',
        `${pool.redelegationsOut} redelegations out of the validator are under way: wait, or unbond`,
      );
    }
    view.set(POOLS, { ...pool, redelegationsOut: pool.redelegationsOut + 1 }, source);
    entries.push({ epoch, endMs, amount });
  }
  view.set(REDELEGATIONS, { entries }, source, sender, destination);
  view.set(MATURITIES, true, endMs, source, sender, destination);
  return undefined;
}
