import { AMOUNT_MAX, equalBytes, invariant, type Amount, type CodedError } from '#kernel';
import { stakeError } from '../errors.ts';
import { TOTAL_POWER_MAX } from '../limits.ts';
import { mulDivCeil, mulDivFloor } from './arithmetic.ts';
import type { EconomyParameters } from './parameters.ts';
import type { StakePool } from './records/records.ts';
import { DELEGATIONS, POOLS, TIES, TOTALS, UNBONDINGS } from './records/tables.ts';
import { moveToCommunity } from './rewards/settle.ts';
import { payDelegation } from './rewards/pay-delegation.ts';
import type { StakeView } from './stake-view.ts';

/** STAKE-2: what shares of a pool are worth now, rounded down; base units. */
export function valueOf(pool: Pick<StakePool, 'stake' | 'shares'>, shares: bigint): Amount {
  return pool.shares === 0n ? 0n : mulDivFloor(shares, pool.stake, pool.shares);
}

/** STAKE-2: the shares for an amount that comes in, rounded down. */
function sharesFor(pool: StakePool, amount: Amount): bigint {
  return pool.shares === 0n ? amount : mulDivFloor(amount, pool.shares, pool.stake);
}

/** STAKE-2: the shares that must go for an amount to come out, rounded up; all that there are for all they are worth. */
export function sharesToTake(
  pool: { readonly stake: Amount; readonly shares: bigint },
  held: bigint,
  amount: Amount,
): bigint {
  const value = valueOf(pool, held);
  invariant(amount <= value, 'no more comes out than the shares are worth');
  return amount === value ? held : mulDivCeil(amount, pool.shares, pool.stake);
}

/**
 * Adds stake of an account to a validator; where it comes from is the caller's business. Pays the account's rewards.
 *
 * @param hopAfterMs for stake that comes by redelegation: until when it may not move on
 * @returns `stake.dust`, `stake.shares-overflow`, `stake.power-overflow`
 */
export function addStake(
  view: StakeView,
  parameters: EconomyParameters,
  given: {
    readonly operator: Uint8Array;
    readonly delegator: Uint8Array;
    readonly amount: Amount;
    readonly hopAfterMs?: number;
  },
): CodedError | undefined {
  const { operator, delegator, amount, hopAfterMs = 0 } = given;
  payDelegation(view, operator, delegator);
  const pool = view.need(POOLS, operator);
  const shares = sharesFor(pool, amount);
  if (shares === 0n)
    return stakeError('dust', `${amount} base units are worth no share of the validator: bond more`);
  if (pool.shares + shares > AMOUNT_MAX)
    return stakeError('shares-overflow', 'the shares of the validator would exceed 128 bits: bond less');
  const totals = view.need(TOTALS);
  const bonded = totals.bonded + amount;
  if (bonded / parameters.powerReduction > BigInt(TOTAL_POWER_MAX)) {
    return stakeError(
      'power-overflow',
      `all stake together would be more than 2^48 units of voting power: bond less`,
    );
  }
  view.set(TOTALS, { ...totals, bonded });
  const isOwn = equalBytes(operator, delegator);
  view.set(
    POOLS,
    {
      ...pool,
      stake: pool.stake + amount,
      shares: pool.shares + shares,
      selfShares: pool.selfShares + (isOwn ? shares : 0n),
    },
    operator,
  );
  const before = view.get(DELEGATIONS, operator, delegator);
  view.set(
    DELEGATIONS,
    {
      shares: (before?.shares ?? 0n) + shares,
      ratio: pool.ratio,
      carry: before?.carry ?? 0n,
      hopAfterMs: Math.max(before?.hopAfterMs ?? 0, hopAfterMs),
    },
    operator,
    delegator,
  );
  view.set(TIES, true, delegator, operator);
  return undefined;
}

/**
 * Takes stake of an account away from a validator, after its rewards were paid; where it goes is the caller's
 * business. What is left of a pool without shares goes to the community pool.
 *
 * @param amount at most what the account's shares are worth
 */
export function removeStake(
  view: StakeView,
  operator: Uint8Array,
  delegator: Uint8Array,
  amount: Amount,
): void {
  const pool = view.need(POOLS, operator);
  const delegation = view.need(DELEGATIONS, operator, delegator);
  const shares = sharesToTake(pool, delegation.shares, amount);
  const isOwn = equalBytes(operator, delegator);
  const rest = {
    ...pool,
    stake: pool.stake - amount,
    shares: pool.shares - shares,
    selfShares: pool.selfShares - (isOwn ? shares : 0n),
  };
  const totals = view.need(TOTALS);
  view.set(TOTALS, { ...totals, bonded: totals.bonded - amount });
  if (rest.shares === 0n) emptyPool(view, operator, rest);
  else view.set(POOLS, rest, operator);
  if (shares < delegation.shares) {
    view.set(DELEGATIONS, { ...delegation, shares: delegation.shares - shares }, operator, delegator);
  } else {
    view.delete(DELEGATIONS, operator, delegator);
    untie(view, operator, delegator);
  }
}

/** STAKE-3: fractions that nobody owns any more. */
function emptyPool(view: StakeView, operator: Uint8Array, rest: StakePool): void {
  const totals = view.need(TOTALS);
  view.set(TOTALS, {
    ...totals,
    bonded: totals.bonded - rest.stake,
    communityPool: totals.communityPool + rest.stake,
  });
  moveToCommunity(view, rest.rewards);
  view.set(POOLS, { ...rest, stake: 0n, rewards: 0n, fraction: 0n, carry: 0n }, operator);
}

/** Forgets that an account has something at a validator, when it has nothing there any more. */
export function untie(view: StakeView, operator: Uint8Array, delegator: Uint8Array): void {
  const isTied =
    view.get(DELEGATIONS, operator, delegator) !== undefined ||
    view.get(UNBONDINGS, operator, delegator) !== undefined;
  if (!isTied) view.delete(TIES, delegator, operator);
}
