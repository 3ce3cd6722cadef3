import { isCodedError } from '#kernel';
import type { LedgerRun } from '#services/blockchain';
import type { ValidatorSet } from '#services/validator';
import { inputOf } from '../domain/execution-input.ts';
import { RUN_ENTRIES_MAX, RUN_TRANSACTIONS_MAX } from '../limits.ts';
import type { Final, FinalisedBlock, RunLimits } from './face.ts';
import {
  haltingOn,
  requireEvidence,
  requireExecution,
  requireSameBlock,
  verifyFinal,
  writeFinals,
  type ExecutedFinal,
  type FinaliseComponents,
} from './finalise.ts';

/**
 * SYNC-9: final blocks one on the other, with one write and one tree for all of them. Only the first one is judged by
 * the state root that its header names, and may hold evidence, which is checked against what is final.
 *
 * @returns what became final, in order
 */
export async function finaliseRun(
  components: FinaliseComponents,
  first: Final,
  next: (height: number, validators: ValidatorSet) => Final | undefined,
  limits: RunLimits,
): Promise<readonly FinalisedBlock[]> {
  const { state, ledger } = components;
  if (first.block.header.height <= state.last().height) {
    await requireSameBlock(components, first.block);
    return [];
  }
  const run = ledger.beginRun();
  const last = await haltingOn(state, async () => {
    const { validators } = run.tip();
    verifyFinal(first.block, first.commit, { validators, basis: state.basis() });
    await requireEvidence(components, first.block);
    return executeFinal(run, first, validators);
  });
  const finals = [last];
  while (mayGrow(run, finals, limits)) {
    const following = await executeNext(components, run, finals.at(-1) ?? last, next);
    if (following === undefined) break;
    finals.push(following);
  }
  await writeFinals(components, finals, await run.seal());
  return finals;
}

function mayGrow(
  run: LedgerRun,
  finals: readonly ExecutedFinal[],
  { blocksMax, endsAt }: RunLimits,
): boolean {
  if (finals.length >= blocksMax || endsAt(run.tip().height) || run.entries >= RUN_ENTRIES_MAX) return false;
  const transactions = finals.reduce((sum, { block }) => sum + block.transactions.length, 0);
  return transactions < RUN_TRANSACTIONS_MAX;
}

/** The block after the last one of the run; undefined when there is none that can be in it. */
async function executeNext(
  { state }: FinaliseComponents,
  run: LedgerRun,
  last: ExecutedFinal,
  next: (height: number, validators: ValidatorSet) => Final | undefined,
): Promise<ExecutedFinal | undefined> {
  const tip = run.tip();
  const { validators } = tip;
  const final = next(tip.height + 1, validators);
  if (final === undefined || final.block.evidence.length > 0) return undefined;
  const { hash: blockHash, header } = last.block;
  const { height, timeMs: blockTimeMs } = header;
  const basis = state.basisOf({ height, blockHash, blockTimeMs, validators: last.validators }, tip);
  try {
    verifyFinal(final.block, final.commit, { validators, basis });
    return await executeFinal(run, final, validators);
  } catch (error) {
    // It comes first in the run after this one, and is named then.
    if (isCodedError(error)) return undefined;
    throw error;
  }
}

async function executeFinal(
  run: LedgerRun,
  { block, commit }: Final,
  validators: ValidatorSet,
): Promise<ExecutedFinal> {
  const execution = await requireExecution(block, () => run.execute(inputOf(block)));
  run.add(execution);
  return { block, commit, validators, execution };
}
