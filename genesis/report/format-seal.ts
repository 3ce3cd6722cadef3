import { shareOf } from './share.ts';
import { printable } from './format-summary.ts';
import type { SealReport } from '../seal/verify-seal.ts';

/** How far a genesis is approved, and by whom. */
export function formatSeal({
  sealed,
  genesisHash,
  approvedStake,
  totalStake,
  approvals,
}: SealReport): string {
  const percent = (stake: string): string =>
    `${(shareOf(BigInt(stake), BigInt(totalStake)) * 100).toFixed(1)} %`;
  const lines = approvals.map(({ name, operator, stake, valid, reason }) => {
    const who = `${printable(name || 'nobody')}  ${operator}  ${percent(stake)}`;
    return valid ? `approved  ${who}` : `rejected  ${who}: ${printable(reason ?? '')}`;
  });
  return [
    ...lines,
    `${sealed ? 'sealed' : 'not sealed'}: ${percent(approvedStake)} of the stake approve ${genesisHash}; more than 66.6 % must`,
  ].join('\n');
}
