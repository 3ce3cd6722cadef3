import type { StateEngine } from '#engines/state';
import { equalBytes, toHex, type CodedError } from '#kernel';
import type { Execution } from '#services/blockchain';
import type { ValidatorSet } from '#services/validator';
import type { Block, Commit } from '../domain/types.ts';
import { isQuorum } from '../domain/verify-commit.ts';
import { verifyContent, verifyHeader } from '../domain/verify-header.ts';
import { blockError } from '../errors.ts';
import type { BlockStore } from '../store/block-store.ts';
import { stageBlock } from '../store/stage-block.ts';
import type { ChainState } from './chain-state.ts';
import { lacksHistory, type EvidenceJudge } from './evidence-judge.ts';
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
  const { state, ledger, executions, engine, recent } = components;
  const { height } = block.header;
  if (height <= state.last().height) {
    await requireSameBlock(components, block);
    return undefined;
  }
  const { validators } = ledger.tip();
  verifyFinal(components, block, commit, validators);
  await requireEvidence(components, block);
  const execution = await requireExecution(components, block);
  const batch = engine.batch();
  stageBlock(batch, {
    block,
    commit,
    encodedReceipts: execution.encodedReceipts,
    gasUsed: execution.gasUsed,
    events: execution.events,
    validatorSets: unstoredSets(components.storedSets, [validators, execution.nextValidators]),
  });
  ledger.stage(execution, batch);
  try {
    await engine.write(batch, { sync: true });
    ledger.committed(execution);
  } catch (error) {
    // What reached the disk is unknown: only a restart, which reads it, may go on.
    throw state.halt(error);
  }
  for (const set of [validators, execution.nextValidators]) components.storedSets.add(toHex(set.hash));
  executions.clear();
  recent.add(block);
  state.moveTo(block, commit, validators);
  return { block, commit, execution };
}

async function requireSameBlock(components: FinaliseComponents, block: Block): Promise<void> {
  const { state, store } = components;
  const { height } = block.header;
  const final = await store.summary(height);
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
function verifyFinal(
  components: FinaliseComponents,
  block: Block,
  commit: Commit,
  validators: ValidatorSet,
): void {
  const { state } = components;
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
  const basis = state.basis();
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
    throw state.halt(conflict(block, `${toHex(basis.blockHash)} before it`));
  }
  throw state.halt(diverged(block, header.error));
}

/** EVID-15: a node without the history of the evidence has to believe those who signed the block. */
async function requireEvidence({ judge, state }: FinaliseComponents, block: Block): Promise<void> {
  const checked = await judge.checkBlock(block.evidence, block.header.timeMs);
  if (!checked.ok && !lacksHistory(checked.error)) throw state.halt(diverged(block, checked.error));
}

async function requireExecution(components: FinaliseComponents, block: Block): Promise<Execution> {
  const executed = await executeBlock(components, block);
  if (!executed.ok) throw components.state.halt(diverged(block, executed.error));
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
