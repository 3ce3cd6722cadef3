import { formatAddress, equalBytes } from '#kernel';
import {
  MATURITIES,
  NOBODY,
  POOLS,
  REDELEGATIONS,
  UNBONDINGS,
  UNBONDING_POOLS,
  type Maturity,
} from './records/tables.ts';
import type { StakeView } from './stake-view.ts';
import { entryValue, takeFromEntry } from './unbonding.ts';

/** STAKE-6: pays out unbonding entries whose time has come, and lets go of redelegations. */
export function mature(view: StakeView, due: readonly Maturity[]): void {
  for (const maturity of due) {
    if (equalBytes(maturity.destination, NOBODY)) payEntry(view, maturity);
    else forgetMove(view, maturity);
  }
}

function payEntry(view: StakeView, { endMs, operator, delegator }: Maturity): void {
  const entry = view.get(UNBONDINGS, operator, delegator)?.entries.find((other) => other.endMs === endMs);
  // A slash of what it was redelegated from may have taken all of it in this very block.
  if (entry === undefined) return;
  const tokens = entryValue(view.need(UNBONDING_POOLS, operator, entry.epoch), entry);
  takeFromEntry(view, { operator, delegator }, entry, { shares: entry.shares, tokens });
  view.credit(delegator, tokens);
  view.emit('stake.released', {
    validator: formatAddress(operator),
    account: formatAddress(delegator),
    amount: tokens.toString(),
  });
}

function forgetMove(view: StakeView, { endMs, operator, delegator, destination }: Maturity): void {
  const before = view.get(REDELEGATIONS, operator, delegator, destination)?.entries ?? [];
  const entries = before.filter((entry) => entry.endMs !== endMs);
  if (entries.length > 0) view.set(REDELEGATIONS, { entries }, operator, delegator, destination);
  else view.delete(REDELEGATIONS, operator, delegator, destination);
  const pool = view.need(POOLS, operator);
  const redelegationsOut = pool.redelegationsOut - (before.length - entries.length);
  view.set(POOLS, { ...pool, redelegationsOut }, operator);
  view.delete(MATURITIES, endMs, operator, delegator, destination);
}
