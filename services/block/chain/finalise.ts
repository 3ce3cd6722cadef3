import type { StateEngine } from '#engines/state';
import { demandsHalt, equalBytes, invariant, toHex, type CodedError } from '#kernel';
import type { Execution, SealedExecution } from '#services/blockchain';
import type { ValidatorSet } from '#services/validator';
import type { RunHeaderBasis } from '../domain/make-header.ts';
import type { Block, Commit } from '../domain/types.ts';
import { isQuorum } from '../domain/verify-commit.ts';
import { verifyContent, verifyHeader } from '../domain/verify-header.ts';
import { blockError } from '../errors.ts';
import type { BlockStore } from '../store/block-store.ts';
import { stageBlock } from '../store/stage-block.ts';
import { lastFinalOf, type ChainState } from './chain-state.ts';
import { lackOfHistory, type EvidenceJudge } from './evidence-judge.ts';
import type { Executions } from './executions.ts';
import type { FinalisedBlock } from './face.ts';
import type { ChainLedger } from './ports.ts';
import type { RecentBlocks } from './recent-blocks.ts';
import { executeBlock } from './validate.ts';

export interface FinaliseComponents {
  readonly engine: StateEngine;
  readonly state: ChainState;
  readonly ledger: ChainLedger;
  readonly executions: Executions;
  readonly judge: EvidenceJudge;
  readonly store: BlockStore;
  readonly recent: RecentBlocks;
  /** Hashes of the validator sets that this process has stored. */
  readonly storedSets: Set<string>;
}

/**
 * Writes a final block with everything that follows from it in one synced batch, and moves the tip.
 *
 * @returns undefined when the block was final already
 */
export async function finaliseBlock(
  components: FinaliseComponents,
  block: Block,
  commit: Commit,
): Promise<FinalisedBlock | undefined> {
  const { state, ledger, executions } = components;
  if (block.header.height <= state.last().height) {
    await requireSameBlock(components, block);
    return undefined;
  }
  const { validators } = ledger.tip();
  const execution = await haltingOn(state, async () => {
    verifyFinal(block, commit, { validators, basis: state.basis() });
    await requireEvidence(components, block);
    return requireExecution(block, () => executions.of(block));
  });
  await writeFinals(components, [{ block, commit, validators, execution }], execution);
  return { block, commit, execution };
}

/** A final block that was executed, with the validators of its height. */
export interface ExecutedFinal extends FinalisedBlock {
  readonly validators: ValidatorSet;
}

/**
 * Writes final blocks in one synced batch and moves the tip to the last of them.
 *
 * @param sealed the execution of the last one
 */
export async function writeFinals(
  components: FinaliseComponents,
  finals: readonly ExecutedFinal[],
  sealed: SealedExecution,
): Promise<void> {
  const { state, ledger, executions, engine, recent, storedSets } = components;
  const batch = engine.batch();
  const sets = new Set(storedSets);
  for (const { block, commit, validators, execution } of finals) {
    const { encodedReceipts, gasUsed, encodedEvents } = execution;
    const validatorSets = unstoredSets(sets, [validators, execution.nextValidators]);
    for (const { hash } of validatorSets) sets.add(toHex(hash));
    stageBlock(batch, { block, commit, encodedReceipts, gasUsed, encodedEvents, validatorSets });
  }
  ledger.stage(sealed, batch);
  try {
    await engine.write(batch, { sync: true });
    ledger.committed(sealed);
  } catch (error) {
    // What reached the disk is unknown: only a restart, which reads it, may go on.
    throw state.halt(error);
  }
  for (const hash of sets) storedSets.add(hash);
  executions.clear();
  for (const { block } of finals) recent.add(block);
  const last = finals.at(-1);
  invariant(last !== undefined, 'at least one block becomes final');
  state.moveTo(lastFinalOf(last.block, last.commit, last.validators));
}

/** Runs what judges a block; an error that says that this node is wrong stops the chain for good. */
export async function haltingOn<Value>(state: ChainState, judge: () => Promise<Value>): Promise<Value> {
  try {
    return await judge();
  } catch (error) {
    throw demandsHalt(error) ? state.halt(error) : error;
  }
}

/** A block of a height that is final already must be the one that is. @throws `block.conflicting-finalisation` (halt) */
export async function requireSameBlock(components: FinaliseComponents, block: Block): Promise<void> {
  const { state, store } = components;
  const { height } = block.header;
  const final = await store.header(height);
  if (final === undefined) {
    throw blockError('wrong-height', `height ${height} is before the first block of this chain`, { height });
  }
  if (!equalBytes(final.hash, block.hash)) throw state.halt(conflict(block, toHex(final.hash)));
}

function conflict(block: Block, final: string): CodedError {
  const found = toHex(block.hash);
  return blockError(
    'conflicting-finalisation',
    `block ${found} was finalised at height ${block.header.height}, where this node holds ${final} as final: ` +
      'more than a third of the power signed both, or the software is at fault; the node stops, keep its data',
    { height: block.header.height, found, final },
  );
}

/**
 * Checks a block that the network made final. A forged body is the sender's fault and only an error; a header
 * that more than 2/3 signed and that does not follow from this node's state means that this node is wrong.
 */
export function verifyFinal(
  block: Block,
  commit: Commit,
  after: { readonly validators: ValidatorSet; readonly basis: RunHeaderBasis },
): void {
  const { validators, basis } = after;
  const { height } = block.header;
  const content = verifyContent(block);
  if (!content.ok) throw content.error;
  if (commit.height !== height || !equalBytes(commit.blockHash, block.hash)) {
    throw blockError('invalid-commit', `the commit given with block ${height} is for another block`, {
      height,
      commitHeight: commit.height,
    });
  }
  let power = 0;
  for (const [index, validator] of validators.validators.entries()) {
    if (commit.signatures[index] !== undefined) power += validator.power;
  }
  if (height > basis.height + 1) {
    throw blockError('wrong-height', `block ${height} cannot be final before ${basis.height + 1}`, {
      height,
    });
  }
  if (!isQuorum(power, validators) || commit.signatures.length !== validators.validators.length) {
    throw blockError('invalid-commit', `the commit given with block ${height} holds no quorum`, { height });
  }
  const header = verifyHeader(block.header, basis, validators);
  if (header.ok) return;
  if (header.error.code === 'block.wrong-parent') {
    throw conflict(block, `${toHex(basis.blockHash)} before it`);
  }
  throw diverged(block, header.error);
}

/** EVID-15: a node without the history of the evidence has to believe those who signed the block. */
export async function requireEvidence(
  { judge }: Pick<FinaliseComponents, 'judge'>,
  block: Block,
): Promise<void> {
  const checked = await judge.checkBlock(block.evidence, block.header.timeMs);
  if (!checked.ok && lackOfHistory(checked.error) === undefined) throw diverged(block, checked.error);
}

/** Executes a block that the network made final: an outcome that its header does not name is this node's fault. */
export async function requireExecution<Executed extends Execution>(
  block: Block,
  execute: () => Promise<Executed>,
): Promise<Executed> {
  const executed = await executeBlock(block, execute);
  if (!executed.ok) throw diverged(block, executed.error);
  return executed.value;
}

function diverged(block: Block, cause: CodedError): CodedError {
  return blockError(
    'diverged',
    `block ${block.header.height} is final and does not follow from this node's state (${cause.message}): ` +
      'this node runs other rules or its data is damaged; check its version, then sync again',
    { height: block.header.height, code: cause.code },
    { cause },
  );
}

function unstoredSets(stored: ReadonlySet<string>, sets: readonly ValidatorSet[]): ValidatorSet[] {
  const wanted = new Map(sets.map((set) => [toHex(set.hash), set]));
  return [...wanted].filter(([hash]) => !stored.has(hash)).map(([, set]) => set);
}
