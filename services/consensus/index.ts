export { createConsensus } from './driver/consensus.ts';
export {
  createEvidencePool,
  type EvidencePool,
  type EvidencePoolStatistics,
} from './evidence/evidence-pool.ts';
export { evidenceBatchCodec } from './evidence/evidence-batch.ts';
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
export { createRemoteSigner, type RemoteSigner, type RemoteSignerStatus } from './signing/remote-signer.ts';
export { SIGNER_PROTOCOL } from './signing/signer-messages.ts';
export { openSignerService, type SignerService } from './signing/signer-service.ts';
export { SIGNER_CONCURRENT_MAX, SIGNER_REQUEST_BYTES_MAX } from './limits.ts';
export { describeLog, greatestLoggedHeight, type LogDescription } from './store/describe-log.ts';
export { openFileDirectory } from './store/file-directory.ts';
export { readLastSignature } from './store/read-last-signature.ts';
export type { LogDirectory, LogFile } from './store/log-directory.ts';
export { compactProposal } from './driver/compact-block.ts';
export { decodeMessage, encodeMessage } from './wire/codec.ts';
export type { ConsensusMessage, RoundState, SignedProposal, SignedVote } from './wire/messages.ts';
