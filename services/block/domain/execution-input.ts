import type { ExecutionInput } from '#services/blockchain';
import { offencesOf } from './evidence/offences.ts';
import type { Block, Commit } from './types.ts';

/** What the ledger executes of a block. */
export function inputOf({ header, transactions, evidence, lastCommit }: Block): ExecutionInput {
  const { height, timeMs, proposer } = header;
  const offences = evidence.flatMap(offencesOf);
  return { height, timeMs, proposer, transactions, offences, ...countedCommit(lastCommit) };
}

/** Who signed the commit that a block holds, for the ledger to count. */
export function countedCommit(commit: Commit | undefined): Pick<ExecutionInput, 'lastCommit'> {
  if (commit === undefined) return {};
  const signers = commit.signatures.map((signature) => signature !== undefined);
  return { lastCommit: { round: commit.round, signers } };
}
