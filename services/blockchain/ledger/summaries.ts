import { invariant } from '#kernel';
import {
  needHot,
  supplyOf as supplyOfTotals,
  TOTALS,
  validatorsOf,
  type HotRecords,
} from '#services/validator';
import type { ValidatorRecord } from '../domain/types.ts';
import type { Supply } from './face.ts';

/** Every registered validator in brief, by operator. */
export function summariesOf(hot: HotRecords): (ValidatorRecord & { operator: Uint8Array })[] {
  return validatorsOf(hot).map(({ operator, record, pool }) => ({
    operator,
    publicKey: record.publicKey,
    stake: pool.stake,
    status: record.status,
    name: record.identity.name,
  }));
}

/** The supply by its parts, which must be what there should be. */
export function supplyOf(balances: bigint, feePool: bigint, hot: HotRecords): Supply {
  const totals = needHot(hot, TOTALS);
  const { bonded: stake, unbonding, rewards, communityPool, issued, minted, burnt } = totals;
  const total = balances + stake + unbonding + rewards + communityPool + feePool;
  invariant(
    total === supplyOfTotals(totals),
    'the supply is what was issued and minted, less what was burnt',
  );
  return { balances, stake, unbonding, rewards, communityPool, feePool, total, issued, minted, burnt };
}
