import { equalBytes, err, isCodedError, ok, toHex, type Result, type SignatureVerifier } from '#kernel';
import type { Execution } from '#services/blockchain';
import { checkTransaction, type ChainIdentity } from '#services/transaction';
import { commitHash } from '../domain/commit.ts';
import { loadOf } from '../domain/select-includable.ts';
import type { Block } from '../domain/types.ts';
import { verifyCommit } from '../domain/verify-commit.ts';
import { verifyContent, verifyHeader } from '../domain/verify-header.ts';
import { blockError } from '../errors.ts';
import { refusedIndex } from './assemble.ts';
import type { ChainState } from './chain-state.ts';
import { lackOfHistory, type EvidenceJudge } from './evidence-judge.ts';
import type { Executions } from './executions.ts';
import type { ChainLedger } from './ports.ts';

export interface ValidateComponents {
  readonly identity: ChainIdentity;
  readonly state: ChainState;
  readonly ledger: ChainLedger;
  readonly executions: Executions;
  readonly judge: EvidenceJudge;
  readonly verifier: SignatureVerifier;
}

/** Verifies a proposed block against the tip; what is cheap to refuse is checked first. */
export async function validateBlock(components: ValidateComponents, block: Block): Promise<Result<void>> {
  const { state, ledger } = components;
  const header = verifyHeader(block.header, state.basis(), ledger.tip().validators);
  if (!header.ok) return header;
  const limits = verifyLimits(components, block);
  if (!limits.ok) return limits;
  const content = verifyContent(block);
  if (!content.ok) return content;
  const commit = verifyLastCommit(components, block);
  if (!commit.ok) return commit;
  const evidence = await components.judge.checkBlock(block.evidence, block.header.timeMs);
  if (!evidence.ok) return err(lackOfHistory(evidence.error) ?? evidence.error);
  const executed = await executeBlock(block, () => components.executions.of(block));
  return executed.ok ? ok(undefined) : executed;
}

function verifyLimits(components: ValidateComponents, block: Block): Result<void> {
  const { identity, ledger } = components;
  const { parameters } = ledger.tip();
  const { height } = block.header;
  const load = loadOf(block.transactions);
  const over = (what: string, found: number, limit: number) =>
    err(
      blockError('too-large', `block ${height} has ${found} ${what}, the limit is ${limit}`, {
        height,
        found,
        limit,
      }),
    );
  if (load.count > parameters.maxBlockTransactions) {
    return over('transactions', load.count, parameters.maxBlockTransactions);
  }
  if (load.bytes > parameters.maxBlockBytes) {
    return over('bytes of transactions', load.bytes, parameters.maxBlockBytes);
  }
  if (load.gas > parameters.maxBlockGas) return over('gas', load.gas, parameters.maxBlockGas);
  for (const [index, transaction] of block.transactions.entries()) {
    const checked = checkTransaction(transaction, { identity, parameters, height });
    if (!checked.ok) {
      const message = `transaction ${index} of block ${height} may not be in it: ${checked.error.message}`;
      const details = { height, index, id: transaction.id, code: checked.error.code };
      return err(blockError('invalid-transaction', message, details, { cause: checked.error }));
    }
  }
  return ok(undefined);
}

function verifyLastCommit(components: ValidateComponents, block: Block): Result<void> {
  const { identity, state, verifier } = components;
  const last = state.last();
  const { lastCommit } = block;
  // No commit before the first block: verifyHeader and verifyContent allow nothing else.
  if (lastCommit === undefined || last.validators === undefined) return ok(undefined);
  // The tip's own commit was verified when the tip became final.
  if (last.commitHash !== undefined && equalBytes(commitHash(lastCommit), last.commitHash)) {
    return ok(undefined);
  }
  return verifyCommit(lastCommit, {
    set: last.validators,
    height: last.height,
    blockHash: last.blockHash,
    genesisHash: identity.genesisHash,
    verifier,
  });
}

/** Executes a block and checks what its header says about the outcome. */
export async function executeBlock<Executed extends Execution>(
  block: Block,
  execute: () => Promise<Executed>,
): Promise<Result<Executed>> {
  const { height, nextValidatorSetHash } = block.header;
  let execution: Executed;
  try {
    execution = await execute();
  } catch (error) {
    const index = refusedIndex(error, block.transactions);
    if (index === undefined || !isCodedError(error)) throw error;
    const message = `transaction ${index} of block ${height} may not be in it: ${error.message}`;
    const details = { ...error.details, height, index, code: error.code };
    return err(blockError('invalid-transaction', message, details, { cause: error }));
  }
  if (!equalBytes(nextValidatorSetHash, execution.nextValidators.hash)) {
    const found = toHex(nextValidatorSetHash);
    const expected = toHex(execution.nextValidators.hash);
    const message = `block ${height} has next validator set ${found}, its execution leads to ${expected}`;
    return err(blockError('wrong-validator-set', message, { height, found, expected }));
  }
  return ok(execution);
}
