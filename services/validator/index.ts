export { beginBlock, type CountedCommit } from './domain/begin-block.ts';
export { endBlock } from './domain/end-block.ts';
export { genesisRecords, type GenesisRecords, type GenesisValidatorTerms } from './domain/genesis-records.ts';
export { votesOf } from './domain/epoch/close-epoch.ts';
export { decisionsToLeave } from './domain/epoch/select-validators.ts';
export { executeOperation } from './domain/operations/execute.ts';
export { checkIdentity } from './domain/operations/terms.ts';
export { DEFAULT_STAKING, type EconomyParameters, type StakingParameters } from './domain/parameters.ts';
export {
  advanceRotation,
  initialRotation,
  proposerAt,
  rotationFor,
  turnsOf,
  type ProposerRotation,
} from './domain/proposer-rotation.ts';
export type {
  Commission,
  Identity,
  Performance,
  Progress,
  Reputation,
  Seat,
  SlashRecord,
  StakePool,
  StakeTotals,
  ValidatorRecord,
  ValidatorStatus,
} from './domain/records/records.ts';
export { STAKE_TAGS, STAKING_PARAMETERS, TOTALS } from './domain/records/tables.ts';
export { supplyOf } from './domain/rewards/share-commit.ts';
export { StakeView, type Balances, type RecordChange, type StakeEvent } from './domain/stake-view.ts';
export { makeValidatorSet, type Validator, type ValidatorSet } from './domain/validator-set.ts';
export { TOTAL_POWER_MAX, TURNS_KEPT, VALIDATORS_MAX } from './limits.ts';
export { gather } from './store/gather.ts';
export { isHot, needHot, validatorsOf, withChanges, type HotRecords } from './store/hot-records.ts';
export { readStakeTip, type StakeTip } from './store/read-sets.ts';
export type { RecordReader } from './store/record-reader.ts';
export {
  createStakeQueries,
  type AccountHoldings,
  type CarriedOutSlash,
  type DelegationState,
  type EpochPerformance,
  type StakeQueries,
  type UnbondingState,
  type ValidatorState,
} from './store/queries.ts';
