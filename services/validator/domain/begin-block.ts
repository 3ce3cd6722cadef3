import type { Amount } from '#kernel';
import { seatedOperators } from './epoch/seats.ts';
import { mature } from './maturity.ts';
import type { BlockPlace, EconomyParameters } from './parameters.ts';
import type { Seat } from './records/records.ts';
import { PROGRESS, SEATS, SIGNING_WINDOWS, VALIDATORS, type Maturity } from './records/tables.ts';
import { settleValidator } from './rewards/settle.ts';
import { shareCommit } from './rewards/share-commit.ts';
import { markMissed, missesBorne } from './signing-window.ts';
import { punishDowntime, punishOffence, type ProvenOffence } from './slashing/punish.ts';
import type { StakeView } from './stake-view.ts';
import type { Validator, ValidatorSet } from './validator-set.ts';

/** The commit of the block before, as the block holds it. */
export interface CountedCommit {
  readonly round: number;
  /** By the order of the committee: who signed. */
  readonly signers: readonly boolean[];
}

/** What a block brings before its transactions. */
export interface BlockBeginning {
  readonly place: BlockPlace;
  /** The validators of the height before. */
  readonly committee: ValidatorSet;
  /** Undefined in the first block. */
  readonly commit: CountedCommit | undefined;
  readonly offences: readonly ProvenOffence[];
  /** Fees that came together since the last commit was counted; they are given out when there is one. */
  readonly fees: Amount;
  /** What ends by the time of the block, oldest first. */
  readonly due: readonly Maturity[];
}

/**
 * What happens before a block's transactions: the commit of the block before is counted and paid for, a set that is new
 * gets its first checkpoint, faults are punished, and what has waited long enough is paid out. Faults come first: what
 * would leave in this block still answers for them.
 */
export function beginBlock(view: StakeView, parameters: EconomyParameters, block: BlockBeginning): void {
  const { place, committee, commit, offences, due } = block;
  const down = commit === undefined ? [] : countCommit(view, parameters, block, commit);
  if (view.need(PROGRESS).setSince === place.height) changeCheckpoints(view);
  for (const offence of offences) punishOffence(view, parameters, place, offence);
  for (const index of down) {
    const { operator, power } = committee.validators[index] as Validator;
    punishDowntime(view, parameters, place, { operator, height: place.height - 1, power });
  }
  mature(view, due);
}

/** Who has missed more than is borne, by the order of the committee. */
function countCommit(
  view: StakeView,
  parameters: EconomyParameters,
  { place, committee, fees }: BlockBeginning,
  { round, signers }: CountedCommit,
): number[] {
  countProposals(view, committee, round);
  const isAway = committee.validators.map(({ operator }, i) => {
    const { status } = view.need(VALIDATORS, operator);
    return { missed: signers[i] !== true, held: status === 'jailed' || status === 'tombstoned' };
  });
  const missedPower = committee.validators.reduce((sum, { power }, i) => {
    const away = isAway[i];
    return away?.missed === true || away?.held === true ? sum + power : sum;
  }, 0);
  const increment = shareCommit(view, parameters, {
    fees,
    totalPower: committee.totalPower,
    missedPower,
  });
  const progress = view.need(PROGRESS);
  view.set(PROGRESS, { ...progress, commits: progress.commits + 1 });
  const down: number[] = [];
  for (const [i, { missed, held }] of isAway.entries()) {
    if (!missed && !held) continue;
    const { operator } = committee.validators[i] as Validator;
    const seat = view.need(SEATS, operator);
    const missedReward = seat.missedReward + increment;
    view.set(SEATS, { ...seat, missedReward, missed: seat.missed + (missed ? 1 : 0) }, operator);
    if (missed && !held && isDown(view, parameters, operator, place.height - 1)) down.push(i);
  }
  return down;
}

function isDown(
  view: StakeView,
  parameters: EconomyParameters,
  operator: Uint8Array,
  height: number,
): boolean {
  const before = view.get(SIGNING_WINDOWS, operator);
  const { window, missed } = markMissed(before, height, parameters.signedBlocksWindow);
  view.set(SIGNING_WINDOWS, window, operator);
  return missed > missesBorne(parameters);
}

/** EPOCH-7: the round that committed was proposed; those before were not, or not well enough to be agreed on. */
function countProposals(view: StakeView, committee: ValidatorSet, round: number): void {
  const { turns } = view.need(PROGRESS);
  for (const [turn, index] of turns.slice(0, round + 1).entries()) {
    const proposer = committee.validators[index];
    if (proposer === undefined) continue;
    const seat: Seat = view.need(SEATS, proposer.operator);
    const change =
      turn === round ? { proposed: seat.proposed + 1 } : { proposalsMissed: seat.proposalsMissed + 1 };
    view.set(SEATS, { ...seat, ...change }, proposer.operator);
  }
}

/**
 * RWD-7: at the first height of a set, the last commit of the set before was counted with the powers before: everyone
 * is paid by these, and from now on by the new ones.
 */
function changeCheckpoints(view: StakeView): void {
  const { commits } = view.need(PROGRESS);
  for (const operator of seatedOperators(view)) {
    const { before, current } = view.need(SEATS, operator);
    settleValidator(view, operator, before.power);
    const seat = view.need(SEATS, operator);
    if (before.power > 0 && current.power === 0) {
      view.set(SEATS, { ...seat, votes: seat.votes + commits - seat.commitsFrom }, operator);
    } else if (before.power === 0 && current.power > 0) {
      view.set(SEATS, { ...seat, commitsFrom: commits }, operator);
    }
  }
}
