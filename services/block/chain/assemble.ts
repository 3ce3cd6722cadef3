import { equalBytes, isCodedError, type Logger } from '#kernel';
import type { ExecutionInput, SealedExecution } from '#services/blockchain';
import { checkTransaction, type ChainIdentity, type Transaction } from '#services/transaction';
import { makeBlock } from '../domain/block.ts';
import { offencesOf } from '../domain/evidence/offences.ts';
import { countedCommit } from '../domain/execution-input.ts';
import { makeHeader } from '../domain/make-header.ts';
import { selectIncludable } from '../domain/select-includable.ts';
import type { Block, Commit } from '../domain/types.ts';
import type { ChainState } from './chain-state.ts';
import type { EvidenceJudge } from './evidence-judge.ts';
import type { Executions } from './executions.ts';
import type { AssembleInput } from './face.ts';
import type { ChainLedger } from './ports.ts';

/** Attempts to execute without the transaction that the ledger refused, before the block is made empty. */
const ATTEMPTS_MAX = 4;

export interface AssembleComponents {
  readonly identity: ChainIdentity;
  readonly state: ChainState;
  readonly ledger: ChainLedger;
  readonly executions: Executions;
  readonly judge: EvidenceJudge;
  readonly logger: Logger;
}

/** The block after the tip of the candidates, transactions and evidence, that may be in it, executed. */
export async function assembleBlock(components: AssembleComponents, input: AssembleInput): Promise<Block> {
  const { state, executions } = components;
  const basis = state.basis();
  // Proposer-based timestamps are strictly increasing, also when the clock went back.
  const timeMs = Math.max(input.timeMs, basis.blockTimeMs + 1);
  const lastCommit = commitOfTip(state, input.lastCommit);
  const evidence = await components.judge.select(input.evidence ?? [], timeMs);
  const { transactions, execution } = await executeIncludable(
    components,
    {
      height: basis.height + 1,
      timeMs,
      proposer: input.proposer,
      offences: evidence.flatMap(offencesOf),
      ...countedCommit(lastCommit),
    },
    await includable(components, input.transactions, basis.height + 1),
  );
  const header = makeHeader(basis, {
    timeMs,
    proposer: input.proposer,
    transactions,
    lastCommit,
    evidence,
    nextValidatorSetHash: execution.nextValidators.hash,
  });
  const block = makeBlock(header, transactions, lastCommit, evidence);
  executions.keep(block.hash, execution);
  return block;
}

/** The commit given, when it is for the tip; otherwise the one that came with the tip. */
function commitOfTip(state: ChainState, given: Commit | undefined): Commit | undefined {
  const last = state.last();
  return given !== undefined && equalBytes(given.blockHash, last.blockHash) ? given : last.commit;
}

async function includable(
  components: AssembleComponents,
  candidates: readonly Transaction[],
  height: number,
): Promise<Transaction[]> {
  const { identity, ledger } = components;
  const { parameters } = ledger.tip();
  const checked = candidates.filter(
    (transaction) => checkTransaction(transaction, { identity, parameters, height }).ok,
  );
  const senders = new Map(checked.map(({ sender, senderId }) => [senderId, sender]));
  const accounts = await ledger.accounts([...senders.values()]);
  const byAddress = new Map([...senders.keys()].map((key, index) => [key, accounts[index]]));
  const known = new Map([...byAddress].flatMap(([key, account]) => (account ? [[key, account]] : [])));
  return selectIncludable(checked, known, parameters);
}

async function executeIncludable(
  components: AssembleComponents,
  at: Omit<ExecutionInput, 'transactions'>,
  selected: readonly Transaction[],
): Promise<{ transactions: readonly Transaction[]; execution: SealedExecution }> {
  const { ledger, logger } = components;
  let transactions = selected;
  for (let attempt = 1; ; attempt++) {
    try {
      return { transactions, execution: await ledger.execute({ ...at, transactions }) };
    } catch (error) {
      const index = refusedIndex(error, transactions);
      if (index === undefined) throw error;
      logger.warn(
        { height: at.height, err: error, attempt },
        'the ledger refused a transaction of the block to propose',
      );
      transactions = attempt === ATTEMPTS_MAX ? [] : withoutRefused(transactions, index);
    }
  }
}

/**
 * The place of the transaction that the ledger says may not be in a block: its error names the transaction's
 * hash. Undefined for any other failure.
 */
export function refusedIndex(error: unknown, transactions: readonly Transaction[]): number | undefined {
  if (!isCodedError(error) || error.action !== 'reject') return undefined;
  const index = transactions.findIndex(({ id }) => id === error.details['hash']);
  return index < 0 ? undefined : index;
}

/** Leaves out the refused transaction and the later ones of its sender, whose nonces now have a gap. */
function withoutRefused(transactions: readonly Transaction[], index: number): readonly Transaction[] {
  const { sender } = transactions[index] as Transaction;
  return transactions.filter((transaction, at) => at < index || !equalBytes(transaction.sender, sender));
}
