export { createConsensus } from './driver/consensus.ts';
export {
  createEvidencePool,
  type EvidencePool,
  type EvidencePoolStatistics,
} from './evidence/evidence-pool.ts';
export { createEvidenceStore, type EvidenceStore } from './evidence/evidence-store.ts';
export type { Step, TimeoutKind } from './domain/types.ts';
export type {
  Consensus,
  ConsensusComponents,
  ConsensusEvent,
  ConsensusInit,
  ConsensusStatistics,
  ConsensusStatus,
  ProposalSource,
  TransactionSource,
} from './face.ts';
export { openLocalSigner, type ConsensusSigner } from './signer.ts';
export { openFileDirectory } from './store/file-directory.ts';
export type { LogDirectory, LogFile } from './store/log-directory.ts';
export type { RoundState, SignedProposal, SignedVote } from './wire/messages.ts';
