import { toHex } from '#kernel';
import type { Block, Commit, Header, VoteKind } from '#services/block';
import type { PeerId } from '#services/network';
import type { Transaction } from '#services/transaction';
import { isProposed, type CoreState } from '../domain/state.ts';
import type { Value } from '../domain/types.ts';
import { ROUNDS_AHEAD_MAX } from '../limits.ts';
import type { Bitmap, SignedProposal, SignedVote } from '../wire/messages.ts';

export interface KeptVote {
  readonly vote: SignedVote;
  /** What the core calls its block; undefined for nil. */
  readonly value: Value | undefined;
  /** Monotonic time of its arrival. */
  readonly atMs: number;
}

export interface KeptProposal {
  readonly proposal: SignedProposal;
  readonly value: Value;
  readonly header: Header;
  /** Who sent it; undefined for an own proposal and one from the log. */
  readonly sender: PeerId | undefined;
  /** Monotonic time of its arrival. */
  readonly atMs: number;
}

const NONE: readonly KeptVote[] = [];

/** Both votes of a validator that contradicted itself. */
export interface Equivocation {
  readonly validatorIndex: number;
  readonly first: SignedVote;
  readonly second: SignedVote;
}

/**
 * The signed messages of one height behind the core's values: what commits are made of, and what peers that
 * lack something are sent. Bounded by what the core keeps.
 */
export class HeightBook {
  /** Validators of the height. */
  readonly #validators: number;
  #size = 0;
  /** By round, then by validator. */
  readonly #votes: Readonly<Record<VoteKind, Map<number, KeptVote[][]>>> = {
    prevote: new Map(),
    precommit: new Map(),
  };
  readonly #proposals = new Map<number, KeptProposal[]>();
  readonly #blocks = new Map<Value, Block>();
  /** Made when first asked for. */
  #transactions: ReadonlyMap<string, Transaction> | undefined;
  readonly #equivocations = new Map<number, Equivocation>();
  /** Proposers whose second proposal was noted. */
  readonly doubleProposers = new Set<number>();
  readonly #intents = new Map<number, SignedProposal>();

  /** @param size number of validators of the height */
  constructor(size: number) {
    this.#validators = size;
  }

  /** Votes and proposals in it. */
  get size(): number {
    return this.#size;
  }

  /** All votes of a validator in one place, the first one first. */
  votesAt(kind: VoteKind, round: number, validatorIndex: number): readonly KeptVote[] {
    return this.#votes[kind].get(round)?.[validatorIndex] ?? NONE;
  }

  voteFor(
    kind: VoteKind,
    round: number,
    validatorIndex: number,
    value: Value | undefined,
  ): KeptVote | undefined {
    return this.votesAt(kind, round, validatorIndex).find((kept) => kept.value === value);
  }

  addVote(vote: SignedVote, atMs: number): void {
    const { kind, round } = vote.body;
    const byValidator = this.#votes[kind].get(round) ?? Array.from({ length: this.#validators }, () => []);
    this.#votes[kind].set(round, byValidator);
    byValidator[vote.validatorIndex]?.push({ vote, value: valueOf(vote), atMs });
    this.#size++;
  }

  /** One bit a validator: whose vote is here, for the value when one is given. */
  bitmap(kind: VoteKind, round: number, value?: Value): Bitmap {
    return Array.from({ length: this.#validators }, (_, index) =>
      value === undefined
        ? this.votesAt(kind, round, index).length > 0
        : this.voteFor(kind, round, index, value) !== undefined,
    );
  }

  proposalsOf(round: number): readonly KeptProposal[] {
    return this.#proposals.get(round) ?? [];
  }

  addProposal(kept: KeptProposal): void {
    const { round } = kept.proposal.body;
    this.#proposals.set(round, [...this.proposalsOf(round), kept]);
    this.#size++;
  }

  /** A proposal of the value, of the round when there is one. */
  proposalFor(value: Value, round: number): KeptProposal | undefined {
    const all = [...this.#proposals.values()].flat().filter((kept) => kept.value === value);
    return all.find((kept) => kept.proposal.body.round === round) ?? all[0];
  }

  block(value: Value): Block | undefined {
    return this.#blocks.get(value);
  }

  addBlock(block: Block): void {
    this.#blocks.set(toHex(block.hash), block);
    this.#transactions = undefined;
  }

  /** A transaction of a block of this height; mempools forget those that are final. */
  transaction(id: string): Transaction | undefined {
    this.#transactions ??= new Map(
      [...this.#blocks.values()].flatMap((block) => block.transactions).map((item) => [item.id, item]),
    );
    return this.#transactions.get(id);
  }

  /** The own proposal of a round that was being signed when the node stopped. */
  intent(round: number): SignedProposal | undefined {
    return this.#intents.get(round);
  }

  addIntent(proposal: SignedProposal): void {
    this.#intents.set(proposal.body.round, proposal);
  }

  equivocation(validatorIndex: number): Equivocation | undefined {
    return this.#equivocations.get(validatorIndex);
  }

  addEquivocation(equivocation: Equivocation): void {
    this.#equivocations.set(equivocation.validatorIndex, equivocation);
  }

  /** The commit of the precommits for the block in the round. */
  commitOf(height: number, round: number, block: Block): Commit {
    const value = toHex(block.hash);
    const signatures = Array.from(
      { length: this.#validators },
      (_, index) => this.voteFor('precommit', round, index, value)?.vote.signature,
    );
    return { height, round, blockHash: block.hash, signatures };
  }
}

/**
 * Keeps a vote that the core is about to count. What it will not count stays out, so that the vote is taken
 * again once it counts: one of a far round, or the second one of an equivocator for what nobody proposed.
 */
export function keepCountedVote(book: HeightBook, core: CoreState, vote: SignedVote, atMs: number): void {
  const { kind, round } = vote.body;
  const value = valueOf(vote);
  const contradicts = book.votesAt(kind, round, vote.validatorIndex).length > 0;
  const isCounted = !contradicts || value === undefined || isProposed(core, value);
  if (isCounted && round <= core.round + ROUNDS_AHEAD_MAX) book.addVote(vote, atMs);
}

/** What the core calls the vote's block. */
export function valueOf({ body }: SignedVote): Value | undefined {
  return body.blockHash === undefined ? undefined : toHex(body.blockHash);
}
