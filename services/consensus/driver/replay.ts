import { isCodedError, toHex } from '#kernel';
import { headerCodec, type Block } from '#services/block';
import { step } from '../domain/core.ts';
import { idleState, type CoreState } from '../domain/state.ts';
import type { CoreEffect, CoreInput, CoreProposal, CoreVote } from '../domain/types.ts';
import { consensusError } from '../errors.ts';
import type { LogEntry } from '../store/log-entries.ts';
import type { SignedProposal, SignedVote } from '../wire/messages.ts';
import { keepCountedVote, valueOf, type Equivocation } from './height-book.ts';
import type { HeightContext } from './height-context.ts';

/** What the core calls a signed vote. */
export function coreVote(vote: SignedVote): CoreVote {
  const { kind, round } = vote.body;
  return { kind, round, validator: vote.validatorIndex, value: valueOf(vote) };
}

/** What the core calls a signed proposal. */
export function coreProposal({ body }: SignedProposal, timely: boolean): CoreProposal {
  const { round, polRound, blockHash } = body;
  return { round, polRound, value: toHex(blockHash), timely };
}

/**
 * CONS-10: begins a height and gives the core again what the log has of it: the core is a pure function, so it stands
 * where it stood, having voted what it voted.
 *
 * @returns the state, the effects that were not completed before the node stopped, and the equivocations seen
 * @throws `consensus.log-corrupt` when an entry makes no sense
 */
export function beginHeight(
  context: HeightContext,
  entries: readonly LogEntry[],
  decodeBlock: (bytes: Uint8Array) => Block,
): { core: CoreState; effects: CoreEffect[]; equivocations: Equivocation[] } {
  let { state, effects } = step(idleState, { kind: 'start-height', setting: context.setting });
  const all = [...effects];
  const equivocations: Equivocation[] = [];
  for (const entry of entries) {
    const input = restore(entry, context, state, decodeBlock);
    if (input === undefined) continue;
    ({ state, effects } = step(state, input));
    all.push(...effects);
    for (const effect of effects) {
      const equivocation = equivocationOf(effect, entry, context);
      if (equivocation !== undefined) equivocations.push(equivocation);
    }
  }
  return {
    core: state,
    equivocations,
    effects: all.filter((effect, index) => isOutstanding(effect, index, all, state, context)),
  };
}

/** EVID-20: both votes of an equivocation that the log shows: the node may have stopped before it was kept elsewhere. */
function equivocationOf(
  effect: CoreEffect,
  entry: LogEntry,
  { book }: HeightContext,
): Equivocation | undefined {
  if (effect.kind !== 'evidence' || entry.kind !== 'vote') return undefined;
  const { validator: validatorIndex, vote, round } = effect;
  const first = book.votesAt(vote, round, validatorIndex)[0]?.vote;
  return first && { validatorIndex, first, second: entry.vote };
}

/** Puts an entry back into the book; the core's input of it, if it is one. */
function restore(
  entry: LogEntry,
  { height, book }: HeightContext,
  core: CoreState,
  decodeBlock: (bytes: Uint8Array) => Block,
): CoreInput | undefined {
  switch (entry.kind) {
    case 'vote': {
      const vote = coreVote(entry.vote);
      // Its age lets it be retransmitted at once where it is missing.
      if (book.voteFor(vote.kind, vote.round, vote.validator, vote.value) === undefined) {
        keepCountedVote(book, core, entry.vote, -Infinity);
      }
      return { kind: 'vote', height, vote };
    }
    case 'proposal': {
      const { proposal, timely } = entry;
      const header = headerCodec.decode(proposal.header);
      const value = toHex(proposal.body.blockHash);
      book.addProposal({ proposal, value, header, sender: undefined, atMs: -Infinity });
      return { kind: 'proposal', height, proposal: coreProposal(proposal, timely) };
    }
    case 'intent':
      book.addIntent(entry.proposal);
      return undefined;
    case 'block':
      book.addBlock(readBlock(entry.block, decodeBlock));
      return undefined;
    case 'validated':
      return { kind: 'validated', height, value: entry.value, valid: entry.valid };
    case 'timeout':
      return { kind: 'timeout', height, timeout: entry.timeout };
    case 'transactions-available':
      return { kind: 'transactions-available', height };
  }
}

function isOutstanding(
  effect: CoreEffect,
  index: number,
  all: readonly CoreEffect[],
  core: CoreState,
  { book, setting }: HeightContext,
): boolean {
  const isCurrent = 'round' in effect && effect.round === core.round;
  switch (effect.kind) {
    case 'entered':
      return all.findLastIndex(({ kind }) => kind === 'entered') === index;
    case 'propose':
      return isCurrent && core.step === 'propose' && book.proposalsOf(effect.round).length === 0;
    case 'vote':
      return setting.self !== undefined && book.votesAt(effect.vote, effect.round, setting.self).length === 0;
    case 'schedule-timeout': {
      const { kind, round } = effect.timeout;
      if (kind === 'empty-block') return core.step === 'waiting';
      return round === core.round && (kind === 'precommit' || kind === core.step);
    }
    case 'validate':
      return core.validity.get(effect.value) === 'pending';
    case 'evidence':
      return false;
    case 'commit':
    case 'halt':
      return true;
  }
}

function readBlock(bytes: Uint8Array, decodeBlock: (bytes: Uint8Array) => Block): Block {
  try {
    return decodeBlock(bytes);
  } catch (cause) {
    const reason = isCodedError(cause) ? cause.message : String(cause);
    throw consensusError(
      'log-corrupt',
      `a block in the write-ahead log cannot be read: ${reason}`,
      {},
      { cause },
    );
  }
}
