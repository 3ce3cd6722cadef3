import { amnesia } from './amnesia.ts';
import type { ByzantineBehaviour } from './behaviour.ts';
import { equivocatingProposer } from './equivocating-proposer.ts';
import { equivocatingVoter } from './equivocating-voter.ts';
import { forgedEvidence } from './forged-evidence.ts';
import { forgedCertificates } from './forged-certificates.ts';
import { forgedState } from './forged-state.ts';
import { garbage } from './garbage.ts';
import { invalidStateRoot } from './invalid-state-root.ts';
import { invalidTransactions } from './invalid-transactions.ts';
import { memoryExhausting } from './memory-exhausting.ts';
import { silent } from './silent.ts';
import { stale } from './stale.ts';
import { timeShiftingProposer } from './time-shifting-proposer.ts';
import { withholding } from './withholding.ts';

/** Every way in which a validator of the simulation lies. */
export const BEHAVIOURS: readonly ByzantineBehaviour[] = [
  equivocatingProposer,
  equivocatingVoter,
  silent,
  withholding,
  stale,
  amnesia,
  forgedCertificates,
  forgedEvidence,
  forgedState,
  invalidStateRoot,
  invalidTransactions,
  timeShiftingProposer,
  garbage,
  memoryExhausting,
];
