import type { ConsensusParameters, LedgerParameters } from '#services/blockchain';

export const LEDGER_PARAMETERS: LedgerParameters = {
  minGasPrice: 3n,
  maxBlockBytes: 1,
  maxBlockGas: 1,
  maxBlockTransactions: 1,
  maxValidators: 1,
  minSelfStake: 1n,
  powerReduction: 1n,
  epochBlocks: 1,
  unbondingPeriodMs: 1,
  evidenceMaxAgeMs: 1,
};

export const CONSENSUS_PARAMETERS: ConsensusParameters = {
  proposeTimeoutMs: 1,
  prevoteTimeoutMs: 1,
  precommitTimeoutMs: 1,
  timeoutDeltaMs: 1,
  emptyBlockIntervalMs: 1,
  precisionMs: 1,
  messageDelayMs: 1,
};
