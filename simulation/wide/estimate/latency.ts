import { oneWayMs, REGIONS } from '../regions.ts';

const ALL = REGIONS.map((_, index) => index);

/** Milliseconds by region at which a phase ends, the proposer's region being one of them. */
export interface PhaseEnds {
  readonly proposal: readonly number[];
  readonly prevotes: readonly number[];
  readonly precommits: readonly number[];
}

/**
 * When regions of equal power have the proposal and each quorum, if nothing but the way takes time: a quorum of
 * more than two thirds needs four of five regions.
 *
 * @param extra milliseconds that each phase takes beside the way: spreading, checking, writing
 */
export function phaseEnds(
  proposer: number,
  extra: { proposal: number; prevotes: number; precommits: number },
): PhaseEnds {
  const proposal = ALL.map((region) => oneWayMs(proposer, region) + extra.proposal);
  const prevotes = quorumEnds(proposal, extra.prevotes);
  const precommits = quorumEnds(prevotes, extra.precommits);
  return { proposal, prevotes, precommits };
}

function quorumEnds(sentMs: readonly number[], extraMs: number): number[] {
  return ALL.map((region) => {
    const arrivals = sentMs.map((ms, from) => ms + oneWayMs(from, region)).toSorted((a, b) => a - b);
    const quorum = Math.floor((2 * arrivals.length) / 3);
    return (arrivals[quorum] ?? 0) + extraMs;
  });
}

/** Median over proposers and regions of the end of the precommits. */
export function medianFinality(extra: { proposal: number; prevotes: number; precommits: number }): number {
  const ends = ALL.flatMap((proposer) => phaseEnds(proposer, extra).precommits).toSorted((a, b) => a - b);
  return ends[Math.floor(ends.length / 2)] ?? 0;
}
