import { toHex, type Logger } from '#kernel';
import type { Commit } from '#services/block';
import type { PeerId, Transport } from '#services/network';
import type { Value } from '../domain/types.ts';
import { encodeMessage } from '../wire/codec.ts';
import type { SignedVote } from '../wire/messages.ts';
import { keepEquivocation, type EquivocationComponents } from './equivocations.ts';
import { valueOf, type HeightBook } from './height-book.ts';
import type { HeightContext } from './height-context.ts';
import { checkVote } from './message-checks.ts';

export interface LastHeightComponents extends EquivocationComponents {
  readonly transport: Pick<Transport, 'broadcast' | 'report'>;
  readonly logger: Logger;
}

/**
 * CONS-17: the height that became final last, while the one after it is in progress. More than 2/3 of the power are
 * enough to finalise a block; the precommits of the others come later, and belong into the commit that the next block
 * holds, by which validators are paid and judged.
 */
export class LastHeight {
  readonly book: HeightBook;
  readonly #context: HeightContext;
  readonly #commit: Commit;
  readonly #decided: Value;

  /**
   * @param context of the height, with the set that signs it
   * @param commit a valid commit of it: the one that finalised it here
   */
  constructor(context: HeightContext, commit: Commit) {
    this.book = context.book;
    this.#context = context;
    this.#commit = commit;
    this.#decided = toHex(commit.blockHash);
  }

  /** CONS-18: the commit that finalised the height, with all other precommits of its round and block that are here. */
  commit(): Commit {
    const signatures = this.#commit.signatures.map((_, index) => this.#signature(index));
    return { ...this.#commit, signatures };
  }

  /**
   * Keeps a late precommit of the round and block of the commit, one a validator, or reports what contradicts one.
   * Its signature is checked only when it says something new.
   */
  takeVote(peer: PeerId, vote: SignedVote, components: LastHeightComponents): void {
    const { telemetry, transport, logger } = components;
    if (!this.#isNew(vote)) return telemetry.count('votesDropped');
    const checked = checkVote(vote, this.#context, components);
    if (!checked.ok) {
      telemetry.count('votesDropped');
      logger.debug({ peer, error: checked.error }, 'a late precommit was refused');
      return transport.report(peer, 'invalid', checked.error.message);
    }
    const { validatorIndex } = vote;
    const first = this.#precommit(validatorIndex, valueOf(vote));
    if (first !== undefined)
      keepEquivocation(components, this.#context, { validatorIndex, first, second: vote });
    if (valueOf(vote) === this.#decided) this.#keep(vote, components);
    else telemetry.count('votesDropped');
  }

  /** Says an own precommit that was signed too late for its height: others may still put it into the commit. */
  say(vote: SignedVote, components: LastHeightComponents): void {
    if (!this.#isNew(vote) || valueOf(vote) !== this.#decided) return;
    components.transport.broadcast('consensus', encodeMessage({ kind: 'vote', vote }));
    this.#keep(vote, components);
  }

  #keep(vote: SignedVote, { telemetry }: LastHeightComponents): void {
    // It is relayed to nobody: its maker sent it to all, and a peer that is still in this height gets the commit.
    this.book.addVote(vote, 0);
    const { validatorIndex, body } = vote;
    const { height, round, kind } = body;
    telemetry.emit({ kind: 'vote', height, round, vote: kind, validatorIndex, blockHash: this.#decided });
  }

  /** True for a precommit that the commit lacks, and for the first one that contradicts what is here. */
  #isNew(vote: SignedVote): boolean {
    const { kind, height, round } = vote.body;
    if (kind !== 'precommit' || height !== this.#commit.height || round !== this.#commit.round) return false;
    const value = valueOf(vote);
    if (value === this.#decided) return this.#signature(vote.validatorIndex) === undefined;
    const contradicts = this.#precommit(vote.validatorIndex, value) !== undefined;
    return contradicts && this.book.equivocation(vote.validatorIndex) === undefined;
  }

  #signature(validatorIndex: number): Uint8Array | undefined {
    const kept = this.book.voteFor('precommit', this.#commit.round, validatorIndex, this.#decided);
    return this.#commit.signatures[validatorIndex] ?? kept?.vote.signature;
  }

  /** A precommit of the validator in the commit's round for something else than `value`. */
  #precommit(validatorIndex: number, value: Value | undefined): SignedVote | undefined {
    const { height, round, blockHash } = this.#commit;
    const signature = this.#signature(validatorIndex);
    if (value !== this.#decided && signature !== undefined) {
      return { body: { kind: 'precommit', height, round, blockHash }, validatorIndex, signature };
    }
    const kept = this.book.votesAt('precommit', round, validatorIndex).map((other) => other.vote);
    return kept.find((other) => valueOf(other) !== value);
  }
}
