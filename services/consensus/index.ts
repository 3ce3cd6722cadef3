export { createConsensus } from './driver/consensus.ts';
export { step } from './domain/core.ts';
export type { Step, TimeoutKind } from './domain/types.ts';
export { consensusError } from './errors.ts';
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
export { MESSAGE_BYTES_MAX } from './limits.ts';
export { openLocalSigner, type ConsensusSigner } from './signer.ts';
export { openFileDirectory } from './store/file-directory.ts';
export type { LogDirectory, LogFile } from './store/log-directory.ts';
export type { RoundState, SignedProposal, SignedVote } from './wire/messages.ts';
