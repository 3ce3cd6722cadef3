import type { Findings } from '../report/findings.ts';
import { formatDecimal, ONE } from './numbers.ts';

interface Rate {
  readonly path: string;
  /** In units of 10^-18; below 0 for what is no decimal. */
  readonly value: bigint;
}

export interface Rates {
  readonly rate: Rate | undefined;
  readonly max_rate: Rate | undefined;
  readonly max_change_rate: Rate | undefined;
}

/** The relations between commission rates that the staking module demands. */
export function checkCommission(
  { rate, max_rate: max, max_change_rate: change }: Rates,
  findings: Findings,
): void {
  for (const each of [rate, max, change]) {
    if (each === undefined || (each.value >= 0n && each.value <= ONE)) continue;
    const found = each.value < 0n ? 'no rate' : formatDecimal(each.value);
    findings.add('foreign.commission', each.path, `it is ${found}; rates are decimals from 0 to 1`);
  }
  if (max === undefined) return;
  for (const [each, what] of [
    [rate, 'rate'],
    [change, 'largest change'],
  ] as const) {
    if (each !== undefined && each.value > max.value && max.value >= 0n)
      findings.add(
        'foreign.commission',
        each.path,
        `the ${what} is ${formatDecimal(each.value)}; the largest rate is ${formatDecimal(max.value)}`,
      );
  }
}
