import { unreachable } from '#kernel';
import { PROPOSALS_PER_ROUND_MAX, ROUNDS_AHEAD_MAX } from '../limits.ts';
import {
  applyRules,
  mayKeepProposal,
  onTimeoutPrecommit,
  onTimeoutPrevote,
  onTimeoutPropose,
  startRound,
} from './round-rules.ts';
import { change, freshState, isProposed, proposalsOf, type CoreState, type Draft } from './state.ts';
import { addVote } from './vote-keeper.ts';
import type { CoreEffect, CoreInput, CoreProposal, CoreVote, Timeout } from './types.ts';

/**
 * One step of the Tendermint consensus algorithm (arXiv:1807.04938, algorithm 1) as a pure function: the same
 * state and input always give the same state and effects. Inputs of another height change nothing.
 */
export function step(
  state: CoreState,
  input: CoreInput,
): { readonly state: CoreState; readonly effects: readonly CoreEffect[] } {
  const draft: Draft = { state, effects: [] };
  if (input.kind === 'start-height') {
    draft.state = freshState(input.setting);
    draft.effects.push({ kind: 'entered', round: 0, step: 'waiting' });
    draft.effects.push({ kind: 'schedule-timeout', timeout: { kind: 'empty-block', round: 0 } });
    return draft;
  }
  if (input.height !== state.setting.height || state.step === 'decided') return draft;
  apply(draft, input);
  applyRules(draft);
  return draft;
}

function apply(draft: Draft, input: Exclude<CoreInput, { kind: 'start-height' }>): void {
  switch (input.kind) {
    case 'transactions-available':
      if (draft.state.step === 'waiting') startRound(draft, 0);
      return;
    case 'proposal':
      return takeProposal(draft, input.proposal);
    case 'validated':
      if (draft.state.validity.get(input.value) === 'pending') {
        const validity = new Map(draft.state.validity).set(input.value, input.valid ? 'valid' : 'invalid');
        change(draft, { validity });
      }
      return;
    case 'vote':
      return takeVote(draft, input.vote);
    case 'timeout':
      return takeTimeout(draft, input.timeout);
    case 'finalised-elsewhere':
      change(draft, { step: 'decided' });
      draft.effects.push({ kind: 'entered', round: draft.state.round, step: 'decided' });
      return;
    default:
      return unreachable(input);
  }
}

function takeProposal(draft: Draft, proposal: CoreProposal): void {
  const { state } = draft;
  const known = proposalsOf(state, proposal.round);
  if (proposal.polRound < -1 || proposal.polRound >= proposal.round) return; // L28
  if (proposal.round > state.round + ROUNDS_AHEAD_MAX || known.length >= PROPOSALS_PER_ROUND_MAX) return;
  if (known.some(({ value }) => value === proposal.value) || !mayKeepProposal(draft, proposal)) return;
  change(draft, { proposals: new Map(state.proposals).set(proposal.round, [...known, proposal]) });
  if (isProposed(state, proposal.value)) return;
  change(draft, { validity: new Map(state.validity).set(proposal.value, 'pending') });
  draft.effects.push({ kind: 'validate', round: proposal.round, value: proposal.value });
}

function takeVote(draft: Draft, vote: CoreVote): void {
  const { state } = draft;
  const { keeper, outcome } = addVote(state.votes, state.setting, state.round, vote, (value) =>
    isProposed(state, value),
  );
  change(draft, { votes: keeper });
  if (outcome.kind !== 'conflict') return;
  const { round, validator } = vote;
  const second = vote.value;
  draft.effects.push({ kind: 'evidence', vote: vote.kind, round, validator, first: outcome.first, second });
}

function takeTimeout(draft: Draft, timeout: Timeout): void {
  switch (timeout.kind) {
    case 'empty-block':
      if (draft.state.step === 'waiting') startRound(draft, 0);
      return;
    case 'propose':
      return onTimeoutPropose(draft, timeout.round);
    case 'prevote':
      return onTimeoutPrevote(draft, timeout.round);
    case 'precommit':
      return onTimeoutPrecommit(draft, timeout.round);
    default:
      return unreachable(timeout.kind);
  }
}
