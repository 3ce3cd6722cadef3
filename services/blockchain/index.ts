export { receiptCodec } from './domain/receipt.ts';
export { stateKey } from './domain/state-keys.ts';
export type {
  Account,
  AttestationRecord,
  ConsensusParameters,
  Execution,
  ExecutionInput,
  GenesisState,
  LedgerParameters,
  Offence,
  OffenceKind,
  OffenceRecord,
  Receipt,
  ReceiptEvent,
  StateProof,
  ValidatorRecord,
} from './domain/types.ts';
export { accountCodec } from './domain/values.ts';
export { blockchainError } from './errors.ts';
export type { Ledger, LedgerTip, Supply } from './ledger/face.ts';
export { buildGenesisState } from './ledger/genesis-entries.ts';
export { createLedger, type LedgerInit } from './ledger/ledger.ts';
export { verifyStateProof } from './tree/proof.ts';
