import { formatAddress } from '#kernel';
import { HISTORY_EPOCHS } from '../../limits.ts';
import { SCALE } from '../arithmetic.ts';
import type { Progress, Seat } from '../records/records.ts';
import {
  PERFORMANCES,
  POOLS,
  PROGRESS,
  REPUTATIONS,
  SEATS,
  SIGNING_WINDOWS,
  TOTALS,
  VALIDATORS,
} from '../records/tables.ts';
import { nextReputation } from '../reputation.ts';
import type { StakeView } from '../stake-view.ts';
import { operators } from './seats.ts';

/**
 * EPOCH-5: writes down what each validator did in the epoch, and what its reputation is now; forgets what is older
 * than the history, and validators of which nothing is left.
 */
export function closeEpoch(view: StakeView): void {
  const progress = view.need(PROGRESS);
  for (const operator of operators(view)) {
    const seat = view.get(SEATS, operator);
    rate(view, operator, seat, progress);
    if (progress.epoch >= HISTORY_EPOCHS)
      view.delete(PERFORMANCES, operator, progress.epoch - HISTORY_EPOCHS);
    if (seat !== undefined) restart(view, operator, seat, progress);
    removeWhenGone(view, operator);
  }
}

function rate(view: StakeView, operator: Uint8Array, seat: Seat | undefined, progress: Progress): void {
  const { status } = view.need(VALIDATORS, operator);
  const tally = {
    votes: seat === undefined ? 0 : votesOf(seat, progress),
    missed: seat?.missed ?? 0,
    proposed: seat?.proposed ?? 0,
    proposalsMissed: seat?.proposalsMissed ?? 0,
  };
  const before = view.need(REPUTATIONS, operator);
  const after = nextReputation(before, { ...tally, isTombstoned: status === 'tombstoned' });
  view.set(REPUTATIONS, after, operator);
  const hasMoved = after.score !== before.score;
  if (hasMoved || tally.votes > 0 || tally.proposed + tally.proposalsMissed > 0) {
    const power = seat?.current.power ?? 0;
    view.set(PERFORMANCES, { ...tally, power, score: after.score }, operator, progress.epoch);
  }
  if (!hasMoved) return;
  view.emit('reputation.changed', {
    validator: formatAddress(operator),
    score: after.score.toString(),
    before: before.score.toString(),
    epoch: progress.epoch.toString(),
  });
}

/** Votes that were due in the epoch so far. */
export function votesOf(seat: Seat, { commits }: Pick<Progress, 'commits'>): number {
  return seat.votes + (seat.current.power > 0 ? commits - seat.commitsFrom : 0);
}

function restart(view: StakeView, operator: Uint8Array, seat: Seat, { commits }: Progress): void {
  if (seat.current.power === 0 && seat.next.power === 0) {
    view.delete(SEATS, operator);
    return;
  }
  const tally = { votes: 0, missed: 0, proposed: 0, proposalsMissed: 0, commitsFrom: commits };
  view.set(SEATS, { ...seat, ...tally }, operator);
}

/** VAL-8: an exit is over when no stake of the validator is left that could be slashed, and nothing is due to it. */
function removeWhenGone(view: StakeView, operator: Uint8Array): void {
  const { isExiting } = view.need(VALIDATORS, operator);
  if (!isExiting || view.get(SEATS, operator) !== undefined) return;
  const pool = view.need(POOLS, operator);
  const isGone =
    pool.shares === 0n && pool.commission < SCALE && pool.unbondingPools === 0 && pool.redelegationsOut === 0;
  if (!isGone) return;
  view.delete(VALIDATORS, operator);
  view.delete(POOLS, operator);
  view.delete(REPUTATIONS, operator);
  view.delete(SIGNING_WINDOWS, operator);
  const totals = view.need(TOTALS);
  view.set(TOTALS, { ...totals, validators: totals.validators - 1 });
  view.emit('validator.removed', { validator: formatAddress(operator) });
}
