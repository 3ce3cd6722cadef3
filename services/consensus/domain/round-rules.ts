import { isQuorum, powerFor, valuesOf } from './tally.ts';
import { isSupportedValue, supportedRound, tallyOf } from './vote-keeper.ts';
import { change, fireOnce, proposalsOf, type Draft } from './state.ts';
import type { VoteKind } from '#services/block';
import type { CoreProposal, Step, Value } from './types.ts';

/**
 * The rules of arXiv:1807.04938 algorithm 1; `Lnn` names its lines. Each rule looks at the draft, applies
 * itself when its guard holds, and says whether it did.
 *
 * Deviations, none of which touches safety:
 * - CONS-1: `waiting` comes before round 0 (blocks on demand).
 * - CONS-2: L22 also asks that the proposal is timely (proposer-based timestamps).
 * - CONS-3: the proposer has a propose timeout too, in case it cannot make a block.
 * - CONS-4: 2/3 precommits for nil end the round at once; L47 would wait for votes that cannot decide.
 * - CONS-5: L49 asks for a valid block of the value, whichever round's proposal brought it.
 * - CONS-6: L55 counts rounds from r on (see `supportedRound`).
 * - CONS-19: L42 and L43 also take prevotes of rounds that are over (see `validOnLatePrevotes`).
 */
type Rule = (draft: Draft) => boolean;

function enter(draft: Draft, step: Step): void {
  change(draft, { step });
  draft.effects.push({ kind: 'entered', round: draft.state.round, step });
}

function vote(draft: Draft, kind: VoteKind, value: Value | undefined): void {
  enter(draft, kind);
  if (draft.state.setting.self === undefined) return;
  draft.effects.push({ kind: 'vote', vote: kind, round: draft.state.round, value });
}

function hasQuorum(draft: Draft, kind: VoteKind, round: number, value: Value | undefined): boolean {
  const { votes, setting } = draft.state;
  return isQuorum(powerFor(tallyOf(votes, kind, round), value), setting.totalPower);
}

/** L11 to L21: StartRound. */
export function startRound(draft: Draft, round: number): void {
  change(draft, { round });
  enter(draft, 'propose');
  const { setting, validValue, validRound } = draft.state;
  if (setting.self !== undefined && setting.proposerOf(round) === setting.self) {
    // L14 to L19
    draft.effects.push({ kind: 'propose', round, value: validValue, polRound: validRound });
  }
  draft.effects.push({ kind: 'schedule-timeout', timeout: { kind: 'propose', round } }); // L21
}

/** Blocks on demand: a proposal or a third of the votes in round 0 show that others have begun. */
const beginByOthers: Rule = (draft) => {
  const { state } = draft;
  if (state.step !== 'waiting') return false;
  const begun = proposalsOf(state, 0).length > 0 || supportedRound(state.votes, state.setting) >= 0;
  if (begun) startRound(draft, 0);
  return begun;
};

/** L22 to L27 for a fresh value, L28 to L33 for one with a proof of lock. */
const prevoteOnProposal: Rule = (draft) => {
  const { state } = draft;
  if (state.step !== 'propose') return false;
  for (const [order, proposal] of proposalsOf(state, state.round).entries()) {
    const isFresh = proposal.polRound === -1;
    // CONS-7: only a proposer's first fresh proposal is voted for: a second one is misbehaviour.
    if (isFresh && order > 0) continue;
    if (!isFresh && !hasQuorum(draft, 'prevote', proposal.polRound, proposal.value)) continue; // L28
    if (!isFresh && proposal.polRound >= state.round) continue; // L28
    const validity = state.validity.get(proposal.value);
    const mayVote = isFresh ? mayPrevoteFresh(draft, proposal) : mayPrevoteLocked(draft, proposal);
    if (mayVote && validity === 'pending') continue;
    vote(draft, 'prevote', mayVote && validity === 'valid' ? proposal.value : undefined); // L23-27, L29-33
    return true;
  }
  return false;
};

/** L23: nothing is locked, or this very value. */
function mayPrevoteFresh({ state }: Draft, proposal: CoreProposal): boolean {
  return proposal.timely && (state.lockedRound === -1 || state.lockedValue === proposal.value);
}

/** L29: the proof of lock is as new as the own lock, or the value is the locked one. */
function mayPrevoteLocked({ state }: Draft, proposal: CoreProposal): boolean {
  return state.lockedRound <= proposal.polRound || state.lockedValue === proposal.value;
}

/** L34, L35 */
const schedulePrevoteTimeout: Rule = (draft) => {
  const { state } = draft;
  if (state.step !== 'prevote') return false;
  if (!isQuorum(tallyOf(state.votes, 'prevote', state.round).total, state.setting.totalPower)) return false;
  if (!fireOnce(draft, 'L34', state.round)) return false;
  draft.effects.push({ kind: 'schedule-timeout', timeout: { kind: 'prevote', round: state.round } });
  return true;
};

/** L36 to L43 */
const lockOnPrevotes: Rule = (draft) => {
  const { state } = draft;
  const { round, step } = state;
  if (step !== 'prevote' && step !== 'precommit') return false;
  const proposal = proposalsOf(state, round).find(
    ({ value }) => state.validity.get(value) === 'valid' && hasQuorum(draft, 'prevote', round, value),
  );
  if (proposal === undefined || !fireOnce(draft, 'L36', round)) return false;
  if (step === 'prevote') {
    change(draft, { lockedValue: proposal.value, lockedRound: round }); // L38, L39
    vote(draft, 'precommit', proposal.value); // L40, L41
  }
  change(draft, { validValue: proposal.value, validRound: round }); // L42, L43
  return true;
};

/**
 * CONS-19: a quorum of prevotes that completes when its round is over makes the block valid as of that round: L42 and
 * L43 without the lock. What is valid is only ever proposed, with the proof that L28 asks for, so agreement rests on
 * the locks alone as before. Whoever locked on the block by these prevotes then need not wait for its own turn.
 */
const validOnLatePrevotes: Rule = (draft) => {
  const { state } = draft;
  const { rounds } = state.votes;
  for (let round = state.round - 1; round > state.validRound; round--) {
    const prevotes = rounds.get(round)?.prevote;
    const value = prevotes && valuesOf(prevotes).find((one) => hasQuorum(draft, 'prevote', round, one));
    if (value === undefined || state.validity.get(value) !== 'valid') continue;
    change(draft, { validValue: value, validRound: round });
    return true;
  }
  return false;
};

/** L44 to L46 */
const precommitNil: Rule = (draft) => {
  const { state } = draft;
  if (state.step !== 'prevote' || !hasQuorum(draft, 'prevote', state.round, undefined)) return false;
  vote(draft, 'precommit', undefined);
  return true;
};

/** L47, L48, and the next round at once when 2/3 precommitted nil. */
const leaveRound: Rule = (draft) => {
  const { state } = draft;
  if (state.step === 'waiting' || state.step === 'decided') return false;
  const tally = tallyOf(state.votes, 'precommit', state.round);
  if (!isQuorum(tally.total, state.setting.totalPower)) return false;
  if (hasQuorum(draft, 'precommit', state.round, undefined)) {
    startRound(draft, state.round + 1);
    return true;
  }
  if (!fireOnce(draft, 'L47', state.round)) return false;
  draft.effects.push({ kind: 'schedule-timeout', timeout: { kind: 'precommit', round: state.round } });
  return true;
};

/** L49 to L54 */
const decide: Rule = (draft) => {
  const { state } = draft;
  if (state.step === 'decided') return false;
  for (const [round, { precommit }] of state.votes.rounds) {
    for (const value of valuesOf(precommit)) {
      if (!isQuorum(powerFor(precommit, value), state.setting.totalPower)) continue;
      const validity = state.validity.get(value);
      if (validity === 'valid') {
        change(draft, { round: Math.max(round, state.round) });
        enter(draft, 'decided');
        draft.effects.push({ kind: 'commit', round, value });
        return true;
      }
      if (validity === 'invalid' && fireOnce(draft, 'halt', round)) {
        draft.effects.push({ kind: 'halt', round, value });
        return true;
      }
    }
  }
  return false;
};

/** L55, L56 */
const skipRound: Rule = (draft) => {
  const { state } = draft;
  if (!state.votes.reached.some((round) => round > state.round)) return false;
  const round = supportedRound(state.votes, state.setting);
  if (round <= state.round) return false;
  startRound(draft, round);
  return true;
};

/** Deciding comes first: what follows it is of no use any more. */
const RULES: readonly Rule[] = [
  decide,
  skipRound,
  beginByOthers,
  prevoteOnProposal,
  lockOnPrevotes,
  validOnLatePrevotes,
  precommitNil,
  schedulePrevoteTimeout,
  leaveRound,
];

/** Applies rules until none holds. */
export function applyRules(draft: Draft): void {
  while (draft.state.step !== 'decided' && RULES.some((rule) => rule(draft)));
}

/** L57 to L60 */
export function onTimeoutPropose(draft: Draft, round: number): void {
  if (draft.state.round === round && draft.state.step === 'propose') vote(draft, 'prevote', undefined);
}

/** L61 to L64 */
export function onTimeoutPrevote(draft: Draft, round: number): void {
  if (draft.state.round === round && draft.state.step === 'prevote') vote(draft, 'precommit', undefined);
}

/** L65 to L67 */
export function onTimeoutPrecommit(draft: Draft, round: number): void {
  const { state } = draft;
  if (state.round === round && state.step !== 'waiting' && state.step !== 'decided')
    startRound(draft, round + 1);
}

/** A round keeps its first proposal, and others only once a correct validator voted for them. */
export function mayKeepProposal({ state }: Draft, { round, value }: CoreProposal): boolean {
  return proposalsOf(state, round).length === 0 || isSupportedValue(state.votes, state.setting, round, value);
}
