import { AMOUNT_MAX, type Amount } from '#kernel';
import { SCALE, partOf, smaller } from '../arithmetic.ts';
import type { EconomyParameters } from '../parameters.ts';
import type { StakeTotals } from '../records/records.ts';
import { PROGRESS, TOTALS } from '../records/tables.ts';
import type { StakeView } from '../stake-view.ts';

/** Base units that exist. */
export function supplyOf({ issued, minted, burnt }: StakeTotals): Amount {
  return issued + minted - burnt;
}

/** What is known of the commit whose block's rewards are shared. */
export interface CommitToPay {
  /** Fees that came together since the last time, base units. */
  readonly fees: Amount;
  readonly totalPower: number;
  /** Power of those who get nothing for it: they did not sign, or are in jail. */
  readonly missedPower: number;
}

/**
 * RWD-1 to RWD-3: makes the block reward, gives the community pool its part and that of those who did not sign, and
 * adds the rest to the rewards by unit of power.
 *
 * @returns what was added for each unit of power, in 10^-18 of a base unit: those who missed it are to be told
 */
export function shareCommit(view: StakeView, parameters: EconomyParameters, commit: CommitToPay): bigint {
  const { fees, totalPower, missedPower } = commit;
  // A supply beyond the type would be no supply: the last blocks before that bring less.
  const room = AMOUNT_MAX - supplyOf(view.need(TOTALS));
  const minted = smaller(parameters.blockReward, room < 0n ? 0n : room);
  const whole = fees + minted;
  if (whole === 0n) return 0n;
  const community = partOf(whole, parameters.communityBasisPoints);
  const shared = whole - community;
  const progress = view.need(PROGRESS);
  const scaled = shared * SCALE + progress.rewardCarry;
  const increment = scaled / BigInt(totalPower);
  const missedScaled = BigInt(missedPower) * increment + progress.missedCarry;
  const missed = missedScaled / SCALE;
  view.set(PROGRESS, {
    ...progress,
    rewardPerPower: progress.rewardPerPower + increment,
    rewardCarry: scaled % BigInt(totalPower),
    missedCarry: missedScaled % SCALE,
  });
  const totals = view.need(TOTALS);
  view.set(TOTALS, {
    ...totals,
    minted: totals.minted + minted,
    communityPool: totals.communityPool + community + missed,
    rewards: totals.rewards + shared - missed,
  });
  return increment;
}
