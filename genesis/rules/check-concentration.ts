import { shareOf } from '../report/share.ts';
import type { Findings } from '../report/findings.ts';

export interface Concentration {
  readonly haltingCoalition: number;
  readonly controllingCoalition: number;
  readonly largestPowerShare: number;
}

/**
 * How the power is spread. Who holds a third or more can withhold the votes that a quorum of more than two
 * thirds needs; who holds more than two thirds is a quorum alone.
 */
export function concentrationOf(powers: readonly bigint[]): Concentration {
  const sorted = powers.filter((power) => power > 0n).toSorted((a, b) => (a > b ? -1 : Number(a < b)));
  const total = sorted.reduce((sum, power) => sum + power, 0n);
  const [largest = 0n] = sorted;
  const smallest = (isEnough: (sum: bigint) => boolean): number => {
    let sum = 0n;
    for (const [i, power] of sorted.entries()) {
      sum += power;
      if (isEnough(sum)) return i + 1;
    }
    return 0;
  };
  return {
    haltingCoalition: smallest((sum) => sum * 3n >= total),
    controllingCoalition: smallest((sum) => sum * 3n > total * 2n),
    largestPowerShare: shareOf(largest, total),
  };
}

/**
 * Notes what the spread of the power means.
 *
 * @param controls rule for one validator that decides alone: what this system refuses, another chain may be
 */
export function checkConcentration(
  powers: readonly bigint[],
  findings: Findings,
  controls: 'genesis.controls' | 'foreign.controls' = 'genesis.controls',
): Concentration {
  const concentration = concentrationOf(powers);
  const { haltingCoalition, controllingCoalition, largestPowerShare } = concentration;
  const count = powers.length;
  if (count === 0) return concentration;
  const share = `${(largestPowerShare * 100).toFixed(1)} %`;
  if (count === 1) {
    findings.add(
      'genesis.single-validator',
      '/validators',
      'one validator decides alone: fine for development, no guarantee against it',
    );
    return concentration;
  }
  if (controllingCoalition === 1) {
    findings.add(
      controls,
      '/validators',
      `the largest validator holds ${share} of the power, more than two thirds: it decides alone`,
    );
  } else if (haltingCoalition === 1) {
    findings.add(
      'genesis.can-halt',
      '/validators',
      `the largest validator holds ${share} of the power, a third or more: it can stop the chain alone`,
    );
  }
  const withEqualStakes = Math.ceil(count / 3);
  if (haltingCoalition > 1 && haltingCoalition * 2 <= withEqualStakes) {
    findings.add(
      'genesis.top-heavy',
      '/validators',
      `${haltingCoalition} of ${count} validators hold a third of the power; with equal stakes it would take ${withEqualStakes}`,
    );
  }
  if (count < 4) {
    findings.add(
      'genesis.fault-tolerance',
      '/validators',
      `${count} validators tolerate no fault; four tolerate one`,
    );
  }
  findings.add(
    'genesis.halting-coalition',
    '/validators',
    `${haltingCoalition} of ${count} validators together can stop the chain, ${controllingCoalition} can decide alone`,
  );
  return concentration;
}
