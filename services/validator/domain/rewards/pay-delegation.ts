import { formatAddress, invariant, type Amount } from '#kernel';
import { SCALE } from '../arithmetic.ts';
import type { Delegation, StakePool } from '../records/records.ts';
import { DELEGATIONS, POOLS } from '../records/tables.ts';
import type { StakeView } from '../stake-view.ts';
import { payOut, settleValidator } from './settle.ts';

/** RWD-5: what a delegation is due, rounded down, from a pool that was settled. */
export function rewardsOf(delegation: Delegation, pool: StakePool): Amount {
  return scaledRewards(delegation, pool) / SCALE;
}

function scaledRewards({ shares, ratio, carry }: Delegation, pool: StakePool): bigint {
  return shares * (pool.ratio - ratio) + carry;
}

/**
 * RWD-6: pays a delegation what it is due up to now, before its shares change.
 *
 * @returns what was paid, base units; 0 when there is no delegation
 */
export function payDelegation(view: StakeView, operator: Uint8Array, delegator: Uint8Array): Amount {
  settleValidator(view, operator);
  const delegation = view.get(DELEGATIONS, operator, delegator);
  if (delegation === undefined) return 0n;
  const pool = view.need(POOLS, operator);
  if (pool.ratio === delegation.ratio) return 0n;
  const scaled = scaledRewards(delegation, pool);
  const paid = { ...delegation, ratio: pool.ratio, carry: scaled % SCALE };
  view.set(DELEGATIONS, paid, operator, delegator);
  const due = scaled / SCALE;
  if (due === 0n) return 0n;
  invariant(due <= pool.rewards, 'no more rewards are paid than the pool has');
  view.set(POOLS, { ...pool, rewards: pool.rewards - due }, operator);
  payOut(view, delegator, due);
  view.emit('rewards.withdrawn', {
    validator: formatAddress(operator),
    account: formatAddress(delegator),
    amount: due.toString(),
  });
  return due;
}
