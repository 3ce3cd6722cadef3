import type { Amount } from '#kernel';

/** Statuses of a validator and their numbers, from 0. Append only. */
export const VALIDATOR_STATUSES = ['active', 'inactive', 'jailed', 'tombstoned'] as const;
export type ValidatorStatus = (typeof VALIDATOR_STATUSES)[number];

/** Who a validator says that it is. Only the name is needed. */
export interface Identity {
  readonly name: string;
  readonly website: string;
  readonly contact: string;
  readonly description: string;
  readonly location: string;
}

/** What a validator keeps of its delegators' rewards; basis points. */
export interface Commission {
  readonly rate: number;
  readonly maxRate: number;
  /** Largest change within a day. */
  readonly maxDailyChange: number;
}

/** A registered validator, by its operator. */
export interface ValidatorRecord {
  /** 32-byte consensus key, of the next set to be decided. */
  readonly publicKey: Uint8Array;
  readonly status: ValidatorStatus;
  readonly identity: Identity;
  /** Height at which it last changed; 0 for never. */
  readonly identityHeight: number;
  readonly commission: Commission;
  /** When the rate last changed, Unix milliseconds; 0 for never. */
  readonly commissionChangedMs: number;
  /** The operator's own stake must not be worth less for the validator to be chosen; base units. */
  readonly minSelfStake: Amount;
  /** End of the stay in jail, Unix milliseconds; 0 when it is not there. */
  readonly jailedUntilMs: number;
  readonly isExiting: boolean;
  readonly registeredHeight: number;
}

/** Stake at a validator, and what is due to those who bonded it. */
export interface StakePool {
  /** Bonded base units. */
  readonly stake: Amount;
  /** What delegators own the stake by: a slash lowers the stake and leaves the shares. */
  readonly shares: bigint;
  /** The operator's own. */
  readonly selfShares: bigint;
  /** Rewards by share since the first, in 10^-18 of a base unit. */
  readonly ratio: bigint;
  /** Scaled rest of the last division by the shares. */
  readonly carry: bigint;
  /** Base units that delegators have not withdrawn, and the scaled part of one that is not whole yet. */
  readonly rewards: Amount;
  readonly fraction: bigint;
  /** Commission that the operator has not withdrawn, in 10^-18 of a base unit. */
  readonly commission: bigint;
  /** Unbonding pools and redelegations that can still be slashed. */
  readonly unbondingPools: number;
  readonly redelegationsOut: number;
}

/** A validator's key and power in the set. */
export interface Membership {
  /** 32-byte consensus key. */
  readonly publicKey: Uint8Array;
  /** Zero for not in the set. */
  readonly power: number;
}

/** A validator's place in the set, and what it did in the epoch. */
export interface Seat {
  /** From `setSince` on. */
  readonly current: Membership;
  /** At the height before `setSince`. */
  readonly before: Membership;
  /** From `appliesAt` on, while a set is decided and not in force. */
  readonly next: Membership;
  /** Rewards by unit of power up to which the pool was given its part. */
  readonly checkpoint: bigint;
  /** Of what came since, the part of blocks that the validator did not sign. */
  readonly missedReward: bigint;
  /** Number of commits counted by the chain when its membership was last looked at. */
  readonly commitsFrom: number;
  /** Votes that were due in the epoch before that. */
  readonly votes: number;
  readonly missed: number;
  readonly proposed: number;
  readonly proposalsMissed: number;
}

/** The missed blocks of the last `signedBlocksWindow` heights: a ring of bits. */
export interface SigningWindow {
  /** Height of the last miss that is marked. */
  readonly height: number;
  readonly bits: Uint8Array;
}

/** What the reputation of a validator is made of; parts per million. */
export interface Reputation {
  /** 0 to 100, in parts per million of 100. */
  readonly score: number;
  /** Signing ratio over the last epoch, about 8 and about 64 epochs. */
  readonly signing: readonly number[];
  /** Ratio of proposals made to proposals due over about 16 epochs. */
  readonly proposals: number;
  /** What is left of past faults. */
  readonly faults: number;
  /** Epochs since the last fault, and epochs in the set. */
  readonly cleanEpochs: number;
  readonly tenureEpochs: number;
}

/** What a validator did in one epoch. */
export interface Performance {
  readonly votes: number;
  readonly missed: number;
  readonly proposed: number;
  readonly proposalsMissed: number;
  /** Voting power at the end of the epoch. */
  readonly power: number;
  /** Reputation at the end of the epoch; parts per million of 100. */
  readonly score: number;
}

/** Stake of one account at one validator. */
export interface Delegation {
  readonly shares: bigint;
  /** Ratio of the pool up to which rewards were paid. */
  readonly ratio: bigint;
  /** Scaled rest of the last payment: however often it asks, it gets the same in the end. */
  readonly carry: bigint;
  /** Before this time none of it may be redelegated: some came by redelegation. Unix milliseconds. */
  readonly hopAfterMs: number;
}

/** All stake that left a validator between two decisions on the set: slashed as one. */
export interface UnbondingPool {
  readonly tokens: Amount;
  readonly shares: bigint;
}

export interface UnbondingEntry {
  /** Epoch in which it left: which unbonding pool it is in. */
  readonly epoch: number;
  /** When it is paid out, Unix milliseconds. */
  readonly endMs: number;
  readonly shares: bigint;
  /** That of the delegation which it was: bonded again, it may move on no sooner. */
  readonly hopAfterMs: number;
}

/** Stake of one account on its way out of one validator, oldest entry first. */
export interface Unbonding {
  readonly entries: readonly UnbondingEntry[];
}

export interface RedelegationEntry {
  readonly epoch: number;
  /** Until when the source's faults reach it, Unix milliseconds. */
  readonly endMs: number;
  /** Base units that moved, less what was slashed since. */
  readonly amount: Amount;
}

/** Stake of one account that moved from one validator to another. */
export interface Redelegation {
  readonly entries: readonly RedelegationEntry[];
}

/** Reasons of a slash and their numbers, from 1. Append only. */
export const SLASH_REASONS = [
  'downtime',
  'duplicate-vote',
  'duplicate-proposal',
  'light-client-attack',
] as const;
export type SlashReason = (typeof SLASH_REASONS)[number];

/** One slash of a validator, by the height at which it was carried out. */
export interface SlashRecord {
  readonly reason: SlashReason;
  /** Height of the fault. */
  readonly offenceHeight: number;
  /** Voting power at that height. */
  readonly power: number;
  readonly basisPoints: number;
  /** Base units burnt, of bonded, unbonding and redelegated stake. */
  readonly bonded: Amount;
  readonly unbonding: Amount;
  readonly redelegated: Amount;
  /** 32-byte identity of the evidence; zeros for downtime, whose proof is the commits. */
  readonly evidenceHash: Uint8Array;
}

/** Which validator a consensus key is or was of: for good, so that no key serves twice. */
export interface ConsensusKeyRecord {
  readonly operator: Uint8Array;
}

/** Where the chain stands between two rotations. */
export interface Progress {
  readonly epoch: number;
  /** Height at the end of which the last set was decided; the first height of the chain in epoch 0. */
  readonly epochStart: number;
  /** First height of the set in force at the next height. */
  readonly setSince: number;
  /** First height of the set that is decided; 0 for none. */
  readonly appliesAt: number;
  /** Commits counted so far. */
  readonly commits: number;
  /** Rewards by unit of power since the first, in 10^-18 of a base unit. */
  readonly rewardPerPower: bigint;
  readonly rewardCarry: bigint;
  readonly missedCarry: bigint;
  /** Who was to propose in the first rounds of the last height: places in its set. */
  readonly turns: readonly number[];
}

/** Sums over the context's state, base units. */
export interface StakeTotals {
  readonly bonded: Amount;
  readonly unbonding: Amount;
  /** Rewards and commission that nobody has withdrawn. */
  readonly rewards: Amount;
  readonly communityPool: Amount;
  /** What there was at the genesis, came into being since, and is gone: together the supply. */
  readonly issued: Amount;
  readonly minted: Amount;
  readonly burnt: Amount;
  /** Registered validators. */
  readonly validators: number;
}
