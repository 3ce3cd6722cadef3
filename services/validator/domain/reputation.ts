import type { Reputation } from './records/records.ts';

/** Parts per million: ratios and scores are whole numbers of them. A score of 100 is a million. */
export const PPM = 1_000_000;

/** Epochs over which signing, and proposals, are remembered. */
const SIGNING_EPOCHS = [1, 8, 64] as const;
const PROPOSAL_EPOCHS = 16;
/** Parts of each in the signing ratio, in tenths. */
const SIGNING_TENTHS = [2, 3, 5] as const;
/** Epochs after which a fault no longer counts as recent, and after which tenure counts in full. */
const CLEAN_EPOCHS = 128;
const TENURE_EPOCHS = 256;
/** Each epoch in the set forgives this part of past faults. */
const FORGIVE_EPOCHS = 64;
/** Weights in hundredths. */
const WEIGHTS = { signing: 50, proposals: 20, clean: 15, tenure: 15 } as const;
/** One percent of missed signatures, or proposals, costs this many percent of their part. */
const STEEPNESS = { signing: 5, proposals: 2 } as const;
/** What the score moves by in an epoch at most: two points up, ten down, one down while away. */
const UP_MAX = 20_000;
const DOWN_MAX = 100_000;
const AWAY_FALL = 10_000;

/** What each fault adds to the burden of past faults. */
export const FAULT_BURDEN = { downtime: 200_000, equivocation: PPM } as const;

/** Where the signing ratio of a newcomer begins: where it is worth nothing. */
const SIGNING_START = (PPM * 4) / 5;

/** Whoever registers begins here: leaving and coming back under another name gains nothing. */
export const NEW_REPUTATION: Reputation = {
  score: 0,
  signing: [SIGNING_START, SIGNING_START, SIGNING_START],
  proposals: PPM / 2,
  faults: 0,
  cleanEpochs: 0,
  tenureEpochs: 0,
};

/** What a validator did in an epoch, as its commits show. */
export interface EpochFacts {
  readonly votes: number;
  readonly missed: number;
  readonly proposed: number;
  readonly proposalsMissed: number;
  readonly isTombstoned: boolean;
}

/**
 * REP-1 to REP-5: the reputation after an epoch. Whole numbers only: every node gets the same. The formula with worked
 * examples is docs/reputation.md.
 */
export function nextReputation(before: Reputation, facts: EpochFacts): Reputation {
  if (facts.isTombstoned) return { ...before, score: Math.max(0, before.score - DOWN_MAX) };
  if (facts.votes === 0) return { ...before, score: Math.max(0, before.score - AWAY_FALL) };
  const signed = ratioOf(facts.votes - facts.missed, facts.votes);
  const due = facts.proposed + facts.proposalsMissed;
  const remembered: Reputation = {
    ...before,
    signing: SIGNING_EPOCHS.map((epochs, i) => towards(before.signing[i] ?? 0, signed, epochs)),
    proposals:
      due === 0 ? before.proposals : towards(before.proposals, ratioOf(facts.proposed, due), PROPOSAL_EPOCHS),
    faults: before.faults - Math.ceil(before.faults / FORGIVE_EPOCHS),
    cleanEpochs: before.cleanEpochs + 1,
    tenureEpochs: before.tenureEpochs + 1,
  };
  return { ...remembered, score: bounded(before.score, scoreOf(remembered)) };
}

/** REP-4: a fault as it happens; the score follows at the end of the epoch. */
export function withFault(before: Reputation, burden: number): Reputation {
  return { ...before, faults: Math.min(PPM, before.faults + burden), cleanEpochs: 0 };
}

/** Where the score of a validator that goes on like this is bound to; parts per million of 100. */
export function scoreOf(reputation: Reputation): number {
  const signing = SIGNING_TENTHS.reduce(
    (sum, tenths, i) => sum + Math.floor((tenths * (reputation.signing[i] ?? 0)) / 10),
    0,
  );
  const parts = {
    signing: steep(signing, STEEPNESS.signing),
    proposals: steep(reputation.proposals, STEEPNESS.proposals),
    clean: ratioOf(Math.min(reputation.cleanEpochs, CLEAN_EPOCHS), CLEAN_EPOCHS),
    tenure: ratioOf(Math.min(reputation.tenureEpochs, TENURE_EPOCHS), TENURE_EPOCHS),
  };
  const whole =
    WEIGHTS.signing * parts.signing +
    WEIGHTS.proposals * parts.proposals +
    WEIGHTS.clean * parts.clean +
    WEIGHTS.tenure * parts.tenure;
  return Math.floor((Math.floor(whole / 100) * (PPM - reputation.faults)) / PPM);
}

function ratioOf(part: number, whole: number): number {
  return Math.floor((PPM * part) / whole);
}

/** An exponential average over about `epochs` epochs. */
function towards(before: number, sample: number, epochs: number): number {
  return before + Math.trunc((sample - before) / epochs);
}

function steep(ratio: number, steepness: number): number {
  return Math.max(0, PPM - steepness * (PPM - ratio));
}

function bounded(before: number, target: number): number {
  return Math.min(Math.max(target, before - DOWN_MAX), before + UP_MAX);
}
