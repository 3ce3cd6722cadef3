import type { Amount } from '#kernel';
import { partOf, smaller } from '../arithmetic.ts';
import type { RedelegationEntry } from '../records/records.ts';
import {
  DELEGATIONS,
  POOLS,
  REDELEGATIONS,
  TOTALS,
  UNBONDINGS,
  UNBONDING_POOLS,
  addressIn,
} from '../records/tables.ts';
import { payDelegation } from '../rewards/pay-delegation.ts';
import { removeStake, sharesToTake, valueOf } from '../stake.ts';
import type { StakeView } from '../stake-view.ts';
import { entryValue, takeFromEntry } from '../unbonding.ts';
import type { Answering } from './answering.ts';

/**
 * SLASH-6: stake that moved to another validator answers for the source: from the delegation there, and, when that is
 * not enough, from what the account began to release there since.
 *
 * @returns base units burnt, at most `most`
 */
export function slashRedelegated(
  view: StakeView,
  source: Uint8Array,
  { answering, basisPoints, most }: { answering: Answering; basisPoints: number; most: Amount },
): Amount {
  let burnt = 0n;
  for (const key of view.keysUnder(REDELEGATIONS.prefixOf(source))) {
    const [delegator, destination] = [addressIn(key, 1), addressIn(key, 2)];
    const { entries } = view.need(REDELEGATIONS, source, delegator, destination);
    const left: RedelegationEntry[] = [];
    for (const entry of entries) {
      const due = smaller(partOf(answering(entry.epoch, entry.amount), basisPoints), most - burnt);
      burnt += burnAt(view, destination, delegator, due);
      left.push({ ...entry, amount: entry.amount - due });
    }
    view.set(REDELEGATIONS, { entries: left }, source, delegator, destination);
  }
  return burnt;
}

function burnAt(view: StakeView, operator: Uint8Array, delegator: Uint8Array, due: Amount): Amount {
  if (due === 0n) return 0n;
  const bonded = burnBonded(view, operator, delegator, due);
  return bonded + burnReleased(view, operator, delegator, due - bonded);
}

function burnBonded(view: StakeView, operator: Uint8Array, delegator: Uint8Array, due: Amount): Amount {
  const delegation = view.get(DELEGATIONS, operator, delegator);
  if (delegation === undefined) return 0n;
  payDelegation(view, operator, delegator);
  const amount = smaller(due, valueOf(view.need(POOLS, operator), delegation.shares));
  if (amount === 0n) return 0n;
  removeStake(view, operator, delegator, amount);
  countBurnt(view, amount);
  return amount;
}

/** The newest entries first: they began after the stake arrived. */
function burnReleased(view: StakeView, operator: Uint8Array, delegator: Uint8Array, due: Amount): Amount {
  let burnt = 0n;
  const entries = due === 0n ? [] : (view.get(UNBONDINGS, operator, delegator)?.entries ?? []);
  for (const entry of entries.toReversed()) {
    const pool = view.need(UNBONDING_POOLS, operator, entry.epoch);
    const tokens = smaller(due - burnt, entryValue(pool, entry));
    if (tokens === 0n) continue;
    const shares = sharesToTake({ stake: pool.tokens, shares: pool.shares }, entry.shares, tokens);
    takeFromEntry(view, { operator, delegator }, entry, { shares, tokens });
    burnt += tokens;
  }
  countBurnt(view, burnt);
  return burnt;
}

function countBurnt(view: StakeView, amount: Amount): void {
  const totals = view.need(TOTALS);
  view.set(TOTALS, { ...totals, burnt: totals.burnt + amount });
}
