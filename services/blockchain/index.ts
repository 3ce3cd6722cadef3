export type {
  Account,
  ConsensusParameters,
  Execution,
  ExecutionInput,
  LedgerParameters,
  Receipt,
  ReceiptEvent,
  StateProof,
} from './domain/types.ts';
