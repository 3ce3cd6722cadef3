import type { Amount } from '#kernel';

/** How validators are chosen, paid and punished, from the genesis; a leaf of the state. */
export interface StakingParameters {
  /** Blocks between the decision on a set and its first height, beyond the one that headers need anyway. */
  readonly activationDelayBlocks: number;
  /** Part of the voting power that may leave, and that may come, in one epoch; basis points. */
  readonly maxChurnBasisPoints: number;
  /** Base units that come into being with each block; zero is allowed. */
  readonly blockReward: Amount;
  /** Part of fees and block reward that goes to the community pool; basis points. */
  readonly communityBasisPoints: number;
  /** Smallest amount to bond, and smallest rest to leave; base units. */
  readonly minDelegation: Amount;
  /** Blocks over which missed signatures are counted. */
  readonly signedBlocksWindow: number;
  /** Part of the window that a validator must sign; basis points. */
  readonly minSignedBasisPoints: number;
  readonly downtimeJailMs: number;
  readonly downtimeSlashBasisPoints: number;
  readonly equivocationSlashBasisPoints: number;
  /** Bound on what reputation adds to or takes from a stake where validators are ranked; basis points, 0 is off. */
  readonly reputationWeightBasisPoints: number;
}

/** What a genesis that does not name them has. */
export const DEFAULT_STAKING: StakingParameters = {
  activationDelayBlocks: 1,
  maxChurnBasisPoints: 2_500,
  blockReward: 0n,
  communityBasisPoints: 200,
  minDelegation: 1n,
  signedBlocksWindow: 1_000,
  minSignedBasisPoints: 5_000,
  downtimeJailMs: 600_000,
  downtimeSlashBasisPoints: 1,
  equivocationSlashBasisPoints: 500,
  reputationWeightBasisPoints: 0,
};

/** What the rules of this context depend on: the parameters of the ledger and of staking. */
export interface EconomyParameters extends StakingParameters {
  readonly maxValidators: number;
  readonly minSelfStake: Amount;
  readonly powerReduction: Amount;
  readonly epochBlocks: number;
  readonly unbondingPeriodMs: number;
}

/** Where a block is: what the rules know of it. */
export interface BlockPlace {
  readonly height: number;
  /** Time of the block, Unix milliseconds. */
  readonly timeMs: number;
}
