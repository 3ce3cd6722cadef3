export { blockEventCodec, receiptRootItems } from './domain/block-event.ts';
export { receiptCodec } from './domain/receipt.ts';
export { stateKey } from './domain/state-keys.ts';
export type {
  Account,
  AttestationRecord,
  BlockEvent,
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
  SealedExecution,
  StateProof,
  ValidatorRecord,
} from './domain/types.ts';
export { accountCodec, attestationRecord } from './domain/values.ts';
export { blockchainError } from './errors.ts';
export type { Ledger, LedgerRun, LedgerTip, RunTip, Supply } from './ledger/face.ts';
export { buildGenesisState } from './ledger/genesis-entries.ts';
export { createLedger, type LedgerInit } from './ledger/ledger.ts';
export { CHUNK_BYTES_MAX, CHUNK_DEPTH_MAX, SNAPSHOT_CHUNKS_MAX } from './limits.ts';
export {
  beginRestore,
  clearUnfinishedRestore,
  isEmpty,
  type RestoreTarget,
  type StateRestore,
} from './restore/restore-state.ts';
export { chunkCodec, chunkName, type ChunkPlace, type StateChunk } from './snapshot/chunk.ts';
export { openFileSnapshots } from './snapshot/file-snapshots.ts';
export { manifestCodec, placesOf, type SnapshotManifest } from './snapshot/manifest.ts';
export { memorySnapshots } from './snapshot/memory-snapshots.ts';
export type { SnapshotStore } from './snapshot/ports.ts';
export { createSnapshots, type Snapshots } from './snapshot/snapshots.ts';
export { isPlace, verifyChunk } from './snapshot/verify-chunk.ts';
export { forgetRoots } from './ledger/forget-roots.ts';
export { readAccounts } from './ledger/read-accounts.ts';
export { rollBackState } from './ledger/roll-back.ts';
export { verifyStateProof } from './tree/proof.ts';
export { Faults, type Fault, type VerifyProgress } from './verify/faults.ts';
export { PastEngine } from './verify/past-engine.ts';
export { verifyEntries } from './verify/verify-entries.ts';
export { verifyExecution, type BlockToExecute } from './verify/verify-execution.ts';
export { verifyTrees, type TreesToVerify } from './verify/verify-trees.ts';
