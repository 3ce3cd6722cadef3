import type { Amount } from '#kernel';
import { mulDivFloor, smaller } from '../arithmetic.ts';
import { POOLS, REDELEGATIONS, UNBONDING_POOLS, addressIn, numberIn } from '../records/tables.ts';
import type { StakeView } from '../stake-view.ts';

/** How much of an amount that left a validator in an epoch answers for a fault; base units. */
export type Answering = (epoch: number, amount: Amount) => Amount;

/**
 * SLASH-5, SLASH-7: what left in the epoch of the decision or later answers as a whole. A set can hold more power than
 * the stake gives when it is decided, because the bound on churn lets only a part of it go (EPOCH-3). As far as what is
 * bonded and what left since do not make up the power at the fault, what left before answers too, the latest epochs
 * first.
 *
 * @param since epoch of the decision on the set of the fault's height
 * @param behind stake that the power at the fault stands for, base units
 */
export function answeringFor(
  view: StakeView,
  operator: Uint8Array,
  { since, behind }: { readonly since: number; readonly behind: Amount },
): Answering {
  const earlier = new Map<number, Amount>();
  let missing = behind - view.need(POOLS, operator).stake;
  for (const [epoch, amount] of leftBy(view, operator)) {
    if (epoch >= since) missing -= amount;
    else earlier.set(epoch, (earlier.get(epoch) ?? 0n) + amount);
  }
  const parts = new Map<number, { readonly part: Amount; readonly whole: Amount }>();
  for (const [epoch, whole] of [...earlier].toSorted(([a], [b]) => b - a)) {
    if (missing <= 0n) break;
    if (whole === 0n) continue;
    const part = smaller(whole, missing);
    parts.set(epoch, { part, whole });
    missing -= part;
  }
  return (epoch, amount) => {
    if (epoch >= since) return amount;
    const reached = parts.get(epoch);
    return reached === undefined ? 0n : mulDivFloor(amount, reached.part, reached.whole);
  };
}

/** What left the validator and can still be slashed, by the epoch in which it left. */
function* leftBy(view: StakeView, operator: Uint8Array): Iterable<readonly [epoch: number, amount: Amount]> {
  for (const key of view.keysUnder(UNBONDING_POOLS.prefixOf(operator))) {
    const epoch = numberIn(key);
    yield [epoch, view.need(UNBONDING_POOLS, operator, epoch).tokens];
  }
  for (const key of view.keysUnder(REDELEGATIONS.prefixOf(operator))) {
    const { entries } = view.need(REDELEGATIONS, operator, addressIn(key, 1), addressIn(key, 2));
    for (const { epoch, amount } of entries) yield [epoch, amount];
  }
}
