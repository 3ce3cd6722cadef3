import { demandsHalt, fromHex, invariant, isCodedError, toHex, unreachable, type Result } from '#kernel';
import { encodeBlock, type Block, type VoteBody } from '#services/block';
import type { PeerId } from '#services/network';
import { step } from '../domain/core.ts';
import { idleState, proposalsOf, type CoreState } from '../domain/state.ts';
import type { CoreEffect, CoreInput, Timeout, Value } from '../domain/types.ts';
import { consensusError } from '../errors.ts';
import type { ConsensusComponents } from '../face.ts';
import type { ConsensusSigner } from '../signer.ts';
import { encodeLogEntry, type LogEntry } from '../store/log-entries.ts';
import type { WriteAheadLog } from '../store/write-ahead-log.ts';
import { encodeMessage } from '../wire/codec.ts';
import type { SignedProposal, SignedVote } from '../wire/messages.ts';
import { completeBlock } from './block-intake.ts';
import { compactProposal, NO_SIGNATURE } from './compact-block.ts';
import { keepEquivocation, watchProposal } from './equivocations.ts';
import { keepCountedVote } from './height-book.ts';
import type { HeightAnswer } from './height-answer.ts';
import type { HeightContext } from './height-context.ts';
import { checkProposal, checkVote, isNewProposal, isNewVote } from './message-checks.ts';
import { planProposal, type ProposalPlan, type ProposerComponents } from './proposer.ts';
import type { Relay } from './relay.ts';
import { signedProposal, signedVote, UnsignedVotes, type VoteEffect } from './remote-signatures.ts';
import { beginHeight, coreProposal, coreVote } from './replay.ts';
import type { Telemetry } from './telemetry.ts';
import type { Timers } from './timers.ts';
import { timeoutMs } from './timing.ts';

export interface HeightRunComponents
  extends ConsensusComponents, Pick<ProposerComponents, 'pace' | 'lastCommit'> {
  readonly genesisHash: Uint8Array;
  readonly decodeBlock: (bytes: Uint8Array) => Block;
  /** Both absent in an observer. */
  readonly signer: ConsensusSigner | undefined;
  readonly log: WriteAheadLog | undefined;
  readonly telemetry: Telemetry;
  readonly timers: Timers;
  readonly relay: Relay;
  readonly answer: (run: HeightRun, answer: HeightAnswer) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * One height in progress: checks what comes, logs it, gives it to the core, and performs the core's effects.
 * Called from one place at a time.
 */
export class HeightRun {
  readonly context: HeightContext;
  readonly #components: HeightRunComponents;
  #core: CoreState = idleState;
  #effects: CoreEffect[] = [];
  #isOver = false;
  readonly #unsigned = new UnsignedVotes();
  /** The vote that the core is looking at: the second one of an equivocation is kept nowhere else. */
  #voteInHand: SignedVote | undefined;

  /** @param entries what the log has of the height */
  constructor(components: HeightRunComponents, context: HeightContext, entries: readonly LogEntry[]) {
    this.#components = components;
    this.context = context;
    const { core, effects, equivocations } = beginHeight(context, entries, components.decodeBlock);
    this.#core = core;
    this.#effects = effects;
    for (const equivocation of equivocations) keepEquivocation(components, context, equivocation);
  }

  get core(): CoreState {
    return this.#core;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Says nothing more: another way led to the height's block. */
  abandon(): void {
    this.#isOver = true;
    this.#effects = [];
    this.#core = step(this.#core, { kind: 'finalised-elsewhere', height: this.context.height }).state;
  }

  takeVote(peer: PeerId, vote: SignedVote): void {
    const { telemetry } = this.#components;
    if (this.#isOver || !isNewVote(vote, this.context, this.#core)) return telemetry.count('votesDropped');
    const checked = checkVote(vote, this.context, this.#components);
    if (!checked.ok) return this.#refuse(peer, 'votesDropped', checked.error);
    this.#acceptVote(vote);
  }

  takeProposal(peer: PeerId, proposal: SignedProposal, receivedAtMs: number): void {
    const { telemetry } = this.#components;
    if (this.#isOver) return telemetry.count('proposalsDropped');
    const watched = watchProposal(this.#components, this.context, proposal);
    if (!watched.ok) return this.#refuse(peer, 'proposalsDropped', watched.error);
    if (!isNewProposal(proposal, this.context, this.#core)) return telemetry.count('proposalsDropped');
    const checked = checkProposal(proposal, this.context, receivedAtMs, this.#components);
    if (!checked.ok) return this.#refuse(peer, 'proposalsDropped', checked.error);
    const { header, timely } = checked.value;
    const value = toHex(proposal.body.blockHash);
    const atMs = this.#components.clock.monotonic();
    this.context.book.addProposal({ proposal, value, header, sender: peer, atMs });
    this.#acceptProposal(proposal, timely);
  }

  #refuse(peer: PeerId, dropped: 'votesDropped' | 'proposalsDropped', error: Error): void {
    const { telemetry, transport, logger } = this.#components;
    telemetry.count(dropped);
    logger.debug({ peer, error }, 'a message was refused');
    transport.report(peer, 'invalid', error.message);
  }

  takeTransactionsAvailable(): void {
    if (this.#isOver || this.#core.step !== 'waiting') return;
    const { height } = this.context;
    this.#feed({ kind: 'transactions-available', height }, { kind: 'transactions-available' });
  }

  /** CONS-15: the signer is back. */
  askAgain(): void {
    const { self } = this.context.setting;
    if (this.#isOver || self === undefined) return;
    const isSaid = (at: VoteEffect) => this.context.book.votesAt(at.vote, at.round, self).length > 0;
    this.#effects.push(...this.#unsigned.take(this.#core.round).filter((effect) => !isSaid(effect)));
  }

  /** CONS-16: takes over what another node had the key say. */
  takeSaid(body: VoteBody, signature: Uint8Array): void {
    const { height, setting } = this.context;
    if (this.#isOver || body.height !== height || setting.self === undefined) return;
    this.#sayVote({ body, validatorIndex: setting.self, signature });
  }

  /** Takes back the result of work that this height started. */
  async takeAnswer(answer: HeightAnswer): Promise<void> {
    if (this.#isOver) return;
    switch (answer.kind) {
      case 'timeout':
        return this.#takeTimeout(answer.timeout);
      case 'planned':
        return this.#releaseProposal(answer.plan);
      case 'checked':
        return this.#takeChecked(answer.round, answer.block, answer.result);
      case 'signed-vote':
        // CONS-15: one of a round that is over comes too late.
        return answer.vote.body.round === this.#core.round ? this.#sayVote(answer.vote) : undefined;
      case 'signed-proposal':
        return this.#sayProposal(answer.proposal, answer.block);
      default:
        return unreachable(answer);
    }
  }

  /** Performs what the core asks for, in order, until nothing is left. */
  async perform(): Promise<void> {
    for (let effect = this.#effects.shift(); effect !== undefined; effect = this.#effects.shift()) {
      await this.#performEffect(effect);
    }
  }

  #feed(input: CoreInput, entry: LogEntry): void {
    this.#components.log?.append(encodeLogEntry(this.context.height, entry));
    const { state, effects } = step(this.#core, input);
    this.#core = state;
    this.#effects.push(...effects);
  }

  #acceptVote(vote: SignedVote): void {
    const { clock, telemetry } = this.#components;
    const { book, height } = this.context;
    const { kind, round, validator, value } = coreVote(vote);
    keepCountedVote(book, this.#core, vote, clock.monotonic());
    this.#voteInHand = vote;
    this.#feed({ kind: 'vote', height, vote: coreVote(vote) }, { kind: 'vote', vote });
    telemetry.emit({ kind: 'vote', height, round, vote: kind, validatorIndex: validator, blockHash: value });
  }

  #acceptProposal(proposal: SignedProposal, timely: boolean): void {
    const { height } = this.context;
    this.#feed(
      { kind: 'proposal', height, proposal: coreProposal(proposal, timely) },
      { kind: 'proposal', proposal, timely },
    );
    this.#components.telemetry.emit({
      kind: 'proposal',
      height,
      round: proposal.body.round,
      proposerIndex: proposal.proposerIndex,
      blockHash: toHex(proposal.body.blockHash),
      transactions: proposal.transactionIds.length,
      timely,
    });
  }

  #takeTimeout(timeout: Timeout): void {
    const { telemetry } = this.#components;
    const { height } = this.context;
    const { round, step: at } = this.#core;
    const isMissed = timeout.kind === 'propose' && at === 'propose' && round === timeout.round;
    if (isMissed && proposalsOf(this.#core, round).length === 0) telemetry.count('proposalsMissed');
    telemetry.emit({ kind: 'timeout', height, round: timeout.round, timeout: timeout.kind });
    this.#feed({ kind: 'timeout', height, timeout }, { kind: 'timeout', timeout });
  }

  #takeChecked(round: number, block: Block, result: Result<void>): void {
    const { log, telemetry, logger } = this.#components;
    const { height, book } = this.context;
    const value = toHex(block.hash);
    if (result.ok && book.block(value) === undefined) {
      book.addBlock(block);
      log?.append(encodeLogEntry(height, { kind: 'block', block: encodeBlock(block) }));
    }
    if (!result.ok) {
      const { error } = result;
      logger.warn({ height, round, blockHash: value, error }, 'the proposed block is invalid');
      telemetry.emit({ kind: 'invalid-proposal', height, round, blockHash: value, error });
    }
    const valid = result.ok;
    this.#feed({ kind: 'validated', height, value, valid }, { kind: 'validated', value, valid });
  }

  async #performEffect(effect: CoreEffect): Promise<void> {
    switch (effect.kind) {
      case 'entered':
        if (effect.step === 'waiting' || effect.step === 'propose') this.#components.relay.start();
        return this.#components.telemetry.emit({ ...effect, height: this.context.height });
      case 'schedule-timeout':
        return this.#schedule(effect.timeout);
      case 'propose':
        return this.#plan(effect.round, effect.value, effect.polRound);
      case 'validate':
        return this.#validate(effect.round, effect.value);
      case 'vote':
        return this.#releaseVote(effect);
      case 'commit':
        return this.#commit(effect.round, effect.value);
      case 'evidence':
        return this.#keepEvidence(effect);
      case 'halt':
        throw consensusError(
          'invalid-decision',
          `more than 2/3 of the power decided block ${effect.value} at height ${this.context.height}, which this node holds invalid: ` +
            'its software or its state differs from theirs. Compare versions, then sync a fresh home',
          { height: this.context.height, round: effect.round, blockHash: effect.value },
        );
      default:
        return unreachable(effect);
    }
  }

  #schedule(timeout: Timeout): void {
    const { timers, clock, answer } = this.#components;
    const delayMs = timeoutMs(timeout, this.context.tip, clock.now());
    timers.set(timeout, delayMs, () => answer(this, { kind: 'timeout', timeout }));
  }

  /** Starts to make a proposal; the timeout of the round covers its failure. */
  #plan(round: number, value: Value | undefined, polRound: number): void {
    const { answer, fail, logger } = this.#components;
    const { height } = this.context;
    const isWanted = () => !this.#isOver && this.#core.round === round && this.#core.step === 'propose';
    planProposal(this.#components, this.context, { round, value, polRound }, isWanted).then(
      (plan) => plan !== undefined && answer(this, { kind: 'planned', plan }),
      (error: unknown) => {
        if (this.#isOver) return;
        if (demandsHalt(error)) return fail(error);
        logger.error({ error, height, round }, 'no block could be made to propose');
      },
    );
  }

  #validate(round: number, value: Value): void {
    const { answer, fail, logger } = this.#components;
    const { height } = this.context;
    const isWanted = () => !this.#isOver;
    const work = async (): Promise<void> => {
      const kept = this.context.book.proposalFor(value, round);
      invariant(kept !== undefined, 'a block is validated after its proposal came');
      const known = this.context.book.block(value);
      const block = known ?? (await completeBlock(this.#components, kept, this.context.book, isWanted));
      if (block === undefined || !isWanted()) return;
      const result = await this.#components.chain.validate(block);
      // EVID-15: neither valid nor invalid. It gets no vote here; when others decide it, block sync brings it.
      if (!result.ok && isCodedError(result.error, 'block.evidence-not-checkable')) {
        return logger.warn({ height, round, error: result.error }, 'a proposed block cannot be judged here');
      }
      answer(this, { kind: 'checked', round, block, result });
    };
    work().catch((error: unknown) => {
      if (!this.#isOver) fail(error);
    });
  }

  /** CONS-8: log, sync, sign, send: nothing leaves the machine before what led to it is on disk. */
  async #releaseVote(effect: VoteEffect): Promise<void> {
    const { log, signer } = this.#components;
    const { height, setting } = this.context;
    const { vote: kind, round, value } = effect;
    invariant(
      setting.self !== undefined && signer !== undefined && log !== undefined,
      'only a validator votes',
    );
    const blockHash = value === undefined ? undefined : fromHex(value);
    const validatorIndex = setting.self;
    await log.sync();
    const signing = signedVote(signer, { kind, height, round, blockHash }, this.#components);
    if (signer.isRemote === true) {
      return this.#whenSigned(signing, (signed) =>
        signed === undefined
          ? this.#unsigned.keep(effect)
          : this.#components.answer(this, { kind: 'signed-vote', vote: { ...signed, validatorIndex } }),
      );
    }
    const signed = await signing;
    if (signed !== undefined) this.#sayVote({ ...signed, validatorIndex });
  }

  #sayVote(vote: SignedVote): void {
    const { kind, round } = vote.body;
    this.#components.transport.broadcast('consensus', encodeMessage({ kind: 'vote', vote }));
    const { validator, value } = coreVote(vote);
    if (this.context.book.voteFor(kind, round, validator, value) === undefined) this.#acceptVote(vote);
  }

  async #releaseProposal({ round, polRound, block }: ProposalPlan): Promise<void> {
    const { log, signer } = this.#components;
    const { height, setting, book } = this.context;
    if (!this.#mayPropose(round)) return;
    invariant(
      setting.self !== undefined && signer !== undefined && log !== undefined,
      'only a validator proposes',
    );
    const body = { height, round, polRound, blockHash: block.hash };
    const value = toHex(block.hash);
    if (book.block(value) === undefined) {
      book.addBlock(block);
      log.append(encodeLogEntry(height, { kind: 'block', block: encodeBlock(block) }));
    }
    const unsigned = compactProposal(block, body, setting.self, NO_SIGNATURE);
    log.append(encodeLogEntry(height, { kind: 'intent', proposal: unsigned }));
    await log.sync();
    const signing = signedProposal(signer, body, this.#components);
    if (signer.isRemote === true) {
      return this.#whenSigned(signing, (signature) => {
        if (signature === undefined) return;
        const proposal = { ...unsigned, signature };
        this.#components.answer(this, { kind: 'signed-proposal', proposal, block });
      });
    }
    const signature = await signing;
    if (signature !== undefined) this.#sayProposal({ ...unsigned, signature }, block);
  }

  #mayPropose(round: number): boolean {
    const isWanted = this.#core.round === round && this.#core.step === 'propose';
    return isWanted && this.context.book.proposalsOf(round).length === 0;
  }

  #sayProposal(proposal: SignedProposal, { hash, header }: Block): void {
    const { transport, telemetry, clock } = this.#components;
    if (!this.#mayPropose(proposal.body.round)) return;
    transport.broadcast('consensus', encodeMessage({ kind: 'proposal', proposal }));
    telemetry.count('proposalsMade');
    const atMs = clock.monotonic();
    this.context.book.addProposal({ proposal, value: toHex(hash), header, sender: undefined, atMs });
    this.#acceptProposal(proposal, true);
  }

  /** CONS-15: goes on at once; `then` is called when the signer has answered, or not. */
  #whenSigned<Signed>(signing: Promise<Signed>, then: (signed: Signed) => void): void {
    signing.then(then, (error: unknown) => {
      if (!this.#isOver) this.#components.fail(error);
    });
  }

  async #commit(round: number, value: Value): Promise<void> {
    const { chain, clock, telemetry } = this.#components;
    const { height, book, startedAtMs } = this.context;
    const block = book.block(value);
    invariant(block !== undefined, 'a block is decided after it was found valid');
    this.#isOver = true;
    // EVID-20: the log of this height goes with the next; what it shows must be kept elsewhere before.
    await this.#components.evidence?.settled();
    await chain.finalise(block, book.commitOf(height, round, block));
    const durationMs = clock.monotonic() - startedAtMs;
    const transactions = block.transactions.length;
    const proposedAtMs = book.proposalFor(value, round)?.atMs ?? startedAtMs;
    const outcome = { round, transactions, processingMs: clock.monotonic() - proposedAtMs };
    this.#components.pace.observe(outcome, this.context.tip.consensus.proposeTimeoutMs);
    telemetry.emit({ kind: 'finalised', height, round, blockHash: value, transactions, durationMs });
  }

  #keepEvidence({ validator, vote, round }: Extract<CoreEffect, { kind: 'evidence' }>): void {
    const first = this.context.book.votesAt(vote, round, validator)[0]?.vote;
    const second = this.#voteInHand;
    if (first === undefined || second === undefined) return;
    keepEquivocation(this.#components, this.context, { validatorIndex: validator, first, second });
  }
}
