import { equalBytes, toHex, formatAddress } from '#kernel';
import type { EconomyParameters } from '../parameters.ts';
import type { Membership, Reputation, Seat, StakePool, ValidatorRecord } from '../records/records.ts';
import { POOLS, PROGRESS, REPUTATIONS, SEATS, VALIDATORS } from '../records/tables.ts';
import { BASIS_POINTS } from '../arithmetic.ts';
import { PPM } from '../reputation.ts';
import { valueOf } from '../stake.ts';
import type { StakeView } from '../stake-view.ts';
import { operators } from './seats.ts';
import { selectValidators, type Candidate } from './select-validators.ts';

const LEAVING = { tombstoned: 0, jailed: 1, active: 2, inactive: 2 } as const;

/**
 * EPOCH-1: decides on the next set out of the stake as it is now; it comes into force after the delay.
 *
 * @param appliesAt first height of the set
 * @returns whether it differs from the set in force
 */
export function decideSet(view: StakeView, parameters: EconomyParameters, appliesAt: number): boolean {
  const all = operators(view);
  const { maxValidators, maxChurnBasisPoints } = parameters;
  const candidates = all.map((operator) => candidateOf(view, parameters, operator));
  const powers = selectValidators(candidates, { maxValidators, maxChurnBasisPoints });
  const next = all.map((operator) => {
    const seat = view.get(SEATS, operator);
    const { publicKey } = view.need(VALIDATORS, operator);
    return { operator, seat, next: { publicKey, power: powers.get(toHex(operator)) ?? 0 } };
  });
  const changes = next.some(({ seat, next: { publicKey, power } }) => {
    const current = seat?.current;
    if (power !== (current?.power ?? 0)) return true;
    return current !== undefined && power > 0 && !equalBytes(publicKey, current.publicKey);
  });
  if (!changes) return false;
  for (const { operator, seat, next: membership } of next) {
    if (seat === undefined && membership.power === 0) continue;
    view.set(SEATS, { ...(seat ?? emptySeat(membership)), next: membership }, operator);
  }
  view.set(PROGRESS, { ...view.need(PROGRESS), appliesAt });
  return true;
}

function emptySeat({ publicKey }: Membership): Seat {
  const none = { publicKey, power: 0 };
  return {
    current: none,
    before: none,
    next: none,
    checkpoint: 0n,
    missedReward: 0n,
    commitsFrom: 0,
    votes: 0,
    missed: 0,
    proposed: 0,
    proposalsMissed: 0,
  };
}

function candidateOf(view: StakeView, parameters: EconomyParameters, operator: Uint8Array): Candidate {
  const record = view.need(VALIDATORS, operator);
  const pool = view.need(POOLS, operator);
  const deserved = mayServe(record, pool) ? Number(pool.stake / parameters.powerReduction) : 0;
  const rank = rankOf(pool.stake, view.need(REPUTATIONS, operator), parameters);
  const current = view.get(SEATS, operator)?.current.power ?? 0;
  return { operator, current, deserved, rank, leaving: LEAVING[record.status] };
}

/** EPOCH-2: who can be in a set. */
function mayServe({ status, isExiting, minSelfStake }: ValidatorRecord, pool: StakePool): boolean {
  const isFree = status === 'active' || status === 'inactive';
  return isFree && !isExiting && valueOf(pool, pool.selfShares) >= minSelfStake;
}

/**
 * EPOCH-6: what validators are ranked by. A reputation of 50 changes nothing; one of 0 or 100 takes or adds the whole
 * weight. It decides who is in, never with how much power.
 */
function rankOf(stake: bigint, { score }: Reputation, parameters: EconomyParameters): bigint {
  const { reputationWeightBasisPoints: weight } = parameters;
  const millionths = BigInt(weight) * BigInt(2 * score - PPM);
  return stake * (BigInt(BASIS_POINTS) * BigInt(PPM) + millionths);
}

/** EPOCH-4: puts the decided set into force, from the next height on. */
export function applySet(view: StakeView, height: number): void {
  const progress = view.need(PROGRESS);
  for (const operator of operators(view)) {
    const seat = view.get(SEATS, operator);
    if (seat === undefined) continue;
    view.set(SEATS, { ...seat, before: seat.current, current: seat.next }, operator);
    changeStatus(view, operator, seat.next.power > 0);
    if (seat.current.power > 0 !== seat.next.power > 0) {
      const type = seat.next.power > 0 ? 'validator.activated' : 'validator.deactivated';
      const [validator, power] = [formatAddress(operator), seat.next.power.toString()];
      view.emit(type, { validator, power });
    }
  }
  view.set(PROGRESS, { ...progress, setSince: height, appliesAt: 0 });
}

function changeStatus(view: StakeView, operator: Uint8Array, isSeated: boolean): void {
  const record = view.need(VALIDATORS, operator);
  const status = isSeated ? 'active' : 'inactive';
  if (record.status === 'jailed' || record.status === 'tombstoned' || record.status === status) return;
  view.set(VALIDATORS, { ...record, status }, operator);
}
