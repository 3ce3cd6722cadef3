import { invariant, type Amount } from '#kernel';
import { SCALE, partOf } from '../arithmetic.ts';
import { POOLS, PROGRESS, SEATS, TOTALS, VALIDATORS } from '../records/tables.ts';
import type { StakeView } from '../stake-view.ts';

/**
 * Rewards are shared twice by the same method: what a commit brings, by power, among the validators that signed it,
 * and what a validator got, by share, among its delegators. Each keeps one running sum of rewards by unit; who holds
 * units remembers the sum at which it was last paid, and is due the difference. Nothing is done for a holder until it
 * changes its units or asks.
 *
 * @see "F1 Fee Distribution", D. Ojha and C. Goes, Tokenomics 2019 (https://drops.dagstuhl.de/opus/volltexte/2020/11974/).
 *   Sums are by share here and not by token: a slash leaves the shares alone, so that the paper's
 *   reference counts and its replay of slashes fall away.
 */
export function settleValidator(view: StakeView, operator: Uint8Array, power?: number): void {
  const seat = view.get(SEATS, operator);
  if (seat === undefined) return;
  const { rewardPerPower } = view.need(PROGRESS);
  if (rewardPerPower === seat.checkpoint) return;
  const delta = rewardPerPower - seat.checkpoint - seat.missedReward;
  const earned = BigInt(power ?? seat.current.power) * delta;
  view.set(SEATS, { ...seat, checkpoint: rewardPerPower, missedReward: 0n }, operator);
  if (earned > 0n) payValidator(view, operator, earned);
}

/**
 * RWD-4, RWD-5: the commission to the operator, the rest to the shares. Nothing is rounded to base units here.
 *
 * @param earned in 10^-18 of a base unit
 */
function payValidator(view: StakeView, operator: Uint8Array, earned: bigint): void {
  const { commission } = view.need(VALIDATORS, operator);
  const pool = view.need(POOLS, operator);
  const kept = partOf(earned, commission.rate);
  const shared = earned - kept;
  const whole = shared + pool.fraction;
  const paid = { ...pool, commission: pool.commission + kept, fraction: whole % SCALE };
  if (pool.shares === 0n) {
    moveToCommunity(view, whole / SCALE);
    view.set(POOLS, paid, operator);
  } else {
    const spread = shared + pool.carry;
    const rewards = pool.rewards + whole / SCALE;
    const ratio = pool.ratio + spread / pool.shares;
    view.set(POOLS, { ...paid, rewards, ratio, carry: spread % pool.shares }, operator);
  }
}

/** Gives the community pool what was counted among the rewards and belongs to nobody. */
export function moveToCommunity(view: StakeView, amount: Amount): void {
  if (amount === 0n) return;
  const totals = view.need(TOTALS);
  view.set(TOTALS, {
    ...totals,
    rewards: totals.rewards - amount,
    communityPool: totals.communityPool + amount,
  });
}

/**
 * RWD-6: pays out rewards or commission to an account.
 *
 * @param amount base units, which the pool no longer holds
 */
export function payOut(view: StakeView, account: Uint8Array, amount: Amount): void {
  if (amount === 0n) return;
  const totals = view.need(TOTALS);
  invariant(amount <= totals.rewards, 'no more rewards are paid than there are');
  view.set(TOTALS, { ...totals, rewards: totals.rewards - amount });
  view.credit(account, amount);
}
