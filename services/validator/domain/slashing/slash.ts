import { formatAddress, toHex, type Amount } from '#kernel';
import { partOf, smaller } from '../arithmetic.ts';
import type { BlockPlace, EconomyParameters } from '../parameters.ts';
import { SLASH_REASONS, type Progress, type SlashReason, type SlashRecord } from '../records/records.ts';
import { POOLS, PROGRESS, SLASHES, TOTALS, UNBONDING_POOLS, numberIn } from '../records/tables.ts';
import type { StakeView } from '../stake-view.ts';
import { answeringFor, type Answering } from './answering.ts';
import { slashRedelegated } from './slash-redelegated.ts';

/** A fault of a validator, as a commit or evidence shows it. */
export interface Fault {
  readonly operator: Uint8Array;
  readonly reason: SlashReason;
  /** Height of the fault, and the voting power there. */
  readonly height: number;
  readonly power: number;
  readonly basisPoints: number;
  readonly evidenceHash: Uint8Array;
}

/**
 * SLASH-5: the epoch whose decision made the set of a height. Stake that left in this epoch or later was part of the
 * power at that height; what left before was not.
 */
export function decidedIn(
  { epoch, epochStart }: Progress,
  { epochBlocks, activationDelayBlocks }: EconomyParameters,
  height: number,
): number {
  const inForce = epochStart + 1 + activationDelayBlocks;
  const epochsBefore = height >= inForce ? 0 : Math.ceil((inForce - height) / epochBlocks);
  return Math.max(0, epoch - epochsBefore);
}

/**
 * SLASH-4, SLASH-5, SLASH-7: burns a part of the stake that was behind a fault: first of what left since, each pool by its part,
 * the rest of what is bonded. Bonded delegations and unbonding pools are slashed as one, whatever their number.
 *
 * @returns base units burnt; never more than the part of the power at the fault, nor than the part of what is there
 */
export function slash(
  view: StakeView,
  parameters: EconomyParameters,
  place: BlockPlace,
  fault: Fault,
): SlashRecord {
  const { operator, basisPoints, power } = fault;
  const since = decidedIn(view.need(PROGRESS), parameters, fault.height);
  const behind = BigInt(power) * parameters.powerReduction;
  const answering = answeringFor(view, operator, { since, behind });
  const whole = partOf(behind, basisPoints);
  const unbonding = slashUnbonding(view, operator, { answering, basisPoints, most: whole });
  const redelegated = slashRedelegated(view, operator, { answering, basisPoints, most: whole - unbonding });
  const bonded = slashBonded(view, operator, basisPoints, whole - unbonding - redelegated);
  const { reason, height: offenceHeight, evidenceHash } = fault;
  const record = { reason, offenceHeight, power, basisPoints, bonded, unbonding, redelegated, evidenceHash };
  view.set(SLASHES, record, operator, place.height, SLASH_REASONS.indexOf(reason));
  view.emit('validator.slashed', {
    validator: formatAddress(operator),
    reason,
    offenceHeight: offenceHeight.toString(),
    bonded: bonded.toString(),
    unbonding: unbonding.toString(),
    redelegated: redelegated.toString(),
    evidence: toHex(evidenceHash),
  });
  return record;
}

function slashUnbonding(
  view: StakeView,
  operator: Uint8Array,
  { answering, basisPoints, most }: { answering: Answering; basisPoints: number; most: Amount },
): Amount {
  let burnt = 0n;
  for (const key of view.keysUnder(UNBONDING_POOLS.prefixOf(operator))) {
    const epoch = numberIn(key);
    const pool = view.need(UNBONDING_POOLS, operator, epoch);
    const cut = smaller(partOf(answering(epoch, pool.tokens), basisPoints), most - burnt);
    if (cut === 0n) continue;
    view.set(UNBONDING_POOLS, { ...pool, tokens: pool.tokens - cut }, operator, epoch);
    burnt += cut;
  }
  const totals = view.need(TOTALS);
  view.set(TOTALS, { ...totals, unbonding: totals.unbonding - burnt, burnt: totals.burnt + burnt });
  return burnt;
}

function slashBonded(view: StakeView, operator: Uint8Array, basisPoints: number, most: Amount): Amount {
  const pool = view.need(POOLS, operator);
  const cut = smaller(partOf(pool.stake, basisPoints), most);
  view.set(POOLS, { ...pool, stake: pool.stake - cut }, operator);
  const totals = view.need(TOTALS);
  view.set(TOTALS, { ...totals, bonded: totals.bonded - cut, burnt: totals.burnt + cut });
  return cut;
}
