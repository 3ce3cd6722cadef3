import { AMOUNT_MAX, type Amount, type CodedError } from '#kernel';
import { stakeError } from '../errors.ts';
import { ENTRIES_MAX } from '../limits.ts';
import { mulDivFloor } from './arithmetic.ts';
import type { Unbonding, UnbondingEntry, UnbondingPool } from './records/records.ts';
import {
  MATURITIES,
  NOBODY,
  POOLS,
  PROGRESS,
  TIES,
  TOTALS,
  UNBONDINGS,
  UNBONDING_POOLS,
} from './records/tables.ts';
import type { StakeView } from './stake-view.ts';
import { untie } from './stake.ts';

/** STAKE-6: what an entry is worth now, rounded down; base units. */
export function entryValue(pool: UnbondingPool, entry: UnbondingEntry): Amount {
  return mulDivFloor(entry.shares, pool.tokens, pool.shares);
}

/**
 * STAKE-5: puts stake that left a validator on its way out. All that leaves between two decisions on the set is in
 * one unbonding pool: a slash lowers the pool, whatever the number of accounts.
 *
 * @returns `stake.too-many-entries`, `stake.dust`, `stake.shares-overflow`
 */
export function startUnbonding(
  view: StakeView,
  given: {
    readonly operator: Uint8Array;
    readonly delegator: Uint8Array;
    readonly amount: Amount;
    readonly endMs: number;
    /** Of the delegation that it comes from. */
    readonly hopAfterMs: number;
  },
): CodedError | undefined {
  const { operator, delegator, amount, endMs, hopAfterMs } = given;
  const { epoch } = view.need(PROGRESS);
  const pool = view.get(UNBONDING_POOLS, operator, epoch);
  const shares = pool === undefined ? amount : mulDivFloor(amount, pool.shares, pool.tokens);
  if (shares === 0n) return stakeError('dust', `${amount} base units are too little to be released alone`);
  if ((pool?.shares ?? 0n) + shares > AMOUNT_MAX) {
    return stakeError(
      'shares-overflow',
      'the shares of what leaves the validator in this epoch would exceed 128 bits: release less, or in the next epoch',
    );
  }
  const entries = [...(view.get(UNBONDINGS, operator, delegator)?.entries ?? [])];
  const last = entries.at(-1);
  if (last?.endMs === endMs && last.epoch === epoch) {
    const later = Math.max(last.hopAfterMs, hopAfterMs);
    entries[entries.length - 1] = { ...last, shares: last.shares + shares, hopAfterMs: later };
  } else if (entries.length >= ENTRIES_MAX) {
    return stakeError(
      'too-many-entries',
      `${entries.length} releases from the validator are under way: wait for the first to end`,
    );
  } else entries.push({ epoch, endMs, shares, hopAfterMs });
  view.set(UNBONDINGS, { entries }, operator, delegator);
  view.set(MATURITIES, true, endMs, operator, delegator, NOBODY);
  view.set(TIES, true, delegator, operator);
  view.set(
    UNBONDING_POOLS,
    { tokens: (pool?.tokens ?? 0n) + amount, shares: (pool?.shares ?? 0n) + shares },
    operator,
    epoch,
  );
  if (pool === undefined) countPools(view, operator, 1);
  const totals = view.need(TOTALS);
  view.set(TOTALS, { ...totals, unbonding: totals.unbonding + amount });
  return undefined;
}

/**
 * Takes tokens of an entry out of its unbonding pool; where they go is the caller's business. What is left of a pool
 * without shares goes to the community pool.
 *
 * @param shares of the entry, all or fewer
 */
export function takeFromEntry(
  view: StakeView,
  place: { readonly operator: Uint8Array; readonly delegator: Uint8Array },
  entry: UnbondingEntry,
  { shares, tokens }: { readonly shares: bigint; readonly tokens: Amount },
): void {
  const { operator, delegator } = place;
  const pool = view.need(UNBONDING_POOLS, operator, entry.epoch);
  const totals = view.need(TOTALS);
  const rest = { tokens: pool.tokens - tokens, shares: pool.shares - shares };
  if (rest.shares > 0n) {
    view.set(UNBONDING_POOLS, rest, operator, entry.epoch);
    view.set(TOTALS, { ...totals, unbonding: totals.unbonding - tokens });
  } else {
    view.delete(UNBONDING_POOLS, operator, entry.epoch);
    countPools(view, operator, -1);
    view.set(TOTALS, {
      ...totals,
      unbonding: totals.unbonding - pool.tokens,
      communityPool: totals.communityPool + rest.tokens,
    });
  }
  const left = entry.shares - shares;
  const { entries } = view.need(UNBONDINGS, operator, delegator);
  const kept = entries.flatMap((other) => {
    if (other.endMs !== entry.endMs || other.epoch !== entry.epoch) return [other];
    return left === 0n ? [] : [{ ...other, shares: left }];
  });
  setEntries(view, place, { entries: kept });
  if (left === 0n) view.delete(MATURITIES, entry.endMs, operator, delegator, NOBODY);
}

function setEntries(
  view: StakeView,
  { operator, delegator }: { readonly operator: Uint8Array; readonly delegator: Uint8Array },
  unbonding: Unbonding,
): void {
  if (unbonding.entries.length > 0) view.set(UNBONDINGS, unbonding, operator, delegator);
  else {
    view.delete(UNBONDINGS, operator, delegator);
    untie(view, operator, delegator);
  }
}

function countPools(view: StakeView, operator: Uint8Array, difference: number): void {
  const pool = view.need(POOLS, operator);
  view.set(POOLS, { ...pool, unbondingPools: pool.unbondingPools + difference }, operator);
}
