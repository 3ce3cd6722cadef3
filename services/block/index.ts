export { createChain, type ChainComponents, type ChainInit } from './chain/create-chain.ts';
export type {
  AccountTransaction,
  AssembleInput,
  BlockSummary,
  Chain,
  ChainTip,
  FinalEvidence,
  FinalisedBlock,
  FinalTransaction,
  ItemProof,
  Page,
  PageRequest,
} from './chain/face.ts';
export { rollBack } from './chain/roll-back.ts';
export { encodeBlock, makeBlock, transactionRoot } from './domain/block.ts';
export { commitCodec, commitHash, NO_COMMIT_HASH } from './domain/commit.ts';
export { decodeBlock } from './domain/decode-block.ts';
export { decodeEvidence, sealEvidence } from './domain/evidence/codec.ts';
export type { FinalThere } from './domain/evidence/light-client-attack.ts';
export {
  duplicateProposalEvidence,
  duplicateVoteEvidence,
  lightClientAttackEvidence,
  type OffencePlace,
  type Signed,
} from './domain/evidence/make-evidence.ts';
export { evidenceRoot, offenceKey, offencesOf } from './domain/evidence/offences.ts';
export type {
  AccountableValidator,
  DuplicateProposalEvidence,
  DuplicateVoteEvidence,
  Evidence,
  LightClientAttackEvidence,
} from './domain/evidence/types.ts';
export { inputOf } from './domain/execution-input.ts';
export { blockHash, headerCodec } from './domain/header.ts';
export {
  proposalBodyCodec,
  proposalDigest,
  VOTE_KINDS,
  voteBodyCodec,
  voteDigest,
} from './domain/signed-bodies.ts';
export type { Block, Commit, Header, ProposalBody, VoteBody, VoteKind } from './domain/types.ts';
export { isQuorum, verifyCommit } from './domain/verify-commit.ts';
export {
  BLOCK_EVIDENCE_BYTES_MAX,
  BLOCK_EVIDENCE_MAX,
  BLOCK_TRANSACTIONS_MAX,
  COMMIT_BYTES_MAX,
  COMMIT_VALIDATORS_MAX,
  EVIDENCE_BYTES_MAX,
  HEADER_BYTES_MAX,
  ROUND_MAX,
} from './limits.ts';
export {
  CHUNKS_PROTOCOL,
  HEADERS_PROTOCOL,
  headersCodec,
  LIGHT_BYTES_MAX,
  LIGHT_PROTOCOL,
  lightPartsCodec,
  lightRequestCodec,
  manifestsCodec,
  SNAPSHOTS_PROTOCOL,
} from './state-sync/messages.ts';
export type { HeaderVerifier, StateSyncComponents, VerifiedHeader } from './state-sync/ports.ts';
export { createBackfill, type Backfill, type BackfillComponents } from './state-sync/backfill.ts';
export { serveState } from './state-sync/serve-state.ts';
export { syncState, type StateSyncOutcome } from './state-sync/sync-state.ts';
export { createBlockSync } from './sync/create-block-sync.ts';
export type { BlockSync, BlockSyncStatistics } from './sync/face.ts';
export type { BlockSyncComponents } from './sync/ports.ts';
export { createBlockStore, type BlockStore } from './store/block-store.ts';
export {
  firstStoredHeight,
  lastStoredHeight,
  verifyBlocks,
  type BlocksToVerify,
} from './verify/verify-blocks.ts';
