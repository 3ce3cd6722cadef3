import type { KeyType } from '#kernel';

/** The genesis document as JSON: 64-bit and larger integers as decimal text, addresses as bech32m, bytes as hex. */
export interface GenesisDocument {
  readonly version: 1;
  readonly chainId: string;
  /** RFC 3339 in UTC with milliseconds. */
  readonly genesisTime: string;
  readonly initialHeight: string;
  readonly consensus: Readonly<Record<ConsensusMember, string>>;
  readonly ledger: Readonly<Record<LedgerMember, string>> & {
    readonly denomination: { readonly symbol: string; readonly decimals: number };
  };
  /** Members that are absent have the value that this software begins with. */
  readonly staking?: Readonly<Partial<Record<StakingMember, string>>>;
  /** Where an imported genesis comes from. */
  readonly source?: GenesisSource;
  /** Sum of the balances. */
  readonly totalSupply: string;
  readonly accounts: readonly GenesisAccount[];
  readonly validators: readonly GenesisValidator[];
}

/** The genesis of another chain that this one was imported from. Its hash makes every change of it a change of this. */
export interface GenesisSource {
  readonly format: 'cometbft';
  readonly chainId: string;
  /** `genesisHashOf` the foreign document, in hex. */
  readonly hash: string;
}

/** A balance includes the stake of the validator that the account operates. */
export interface GenesisAccount {
  readonly address: string;
  readonly balance: string;
  readonly label?: string;
}

export interface GenesisValidator {
  /** Address of the account that controls the validator; its balance covers the stake. */
  readonly operator: string;
  /** The operator's public key, from which its address derives. */
  readonly operatorKey: { readonly type: KeyType; readonly value: string };
  readonly consensusKey: { readonly type: 'ed25519'; readonly value: string };
  /** Signature of the consensus key over chain id, operator and key: see `makeProofOfPossession`. */
  readonly proofOfPossession: string;
  readonly stake: string;
  /** Basis points. */
  readonly commission: { readonly rate: number; readonly maxRate: number; readonly maxDailyChange: number };
  readonly identity: {
    readonly name: string;
    readonly website?: string;
    readonly contact?: string;
    readonly description?: string;
    readonly location?: string;
  };
  /** Multiaddr at which the validator is reached. */
  readonly peer?: string;
  /** Of the operator key over all of the above and the chain id: see `declareValidator`. */
  readonly signature: string;
}

/** A parameter's safe range. */
export interface Range {
  readonly min: bigint;
  readonly max: bigint;
}

const range = (min: number | bigint, max: number | bigint): Range => ({ min: BigInt(min), max: BigInt(max) });

/** Members of `consensus` with their safe ranges. */
export const CONSENSUS_MEMBERS = {
  proposeTimeoutMs: range(50, 60_000),
  prevoteTimeoutMs: range(20, 60_000),
  precommitTimeoutMs: range(20, 60_000),
  timeoutDeltaMs: range(1, 60_000),
  emptyBlockIntervalMs: range(100, 3_600_000),
  precisionMs: range(10, 60_000),
  messageDelayMs: range(50, 600_000),
} as const;
export type ConsensusMember = keyof typeof CONSENSUS_MEMBERS;

/** Members of `ledger` with their safe ranges. */
export const LEDGER_MEMBERS = {
  minGasPrice: range(0, 10n ** 24n),
  maxBlockBytes: range(65_536, 16_777_216),
  maxBlockGas: range(100_000, 10_000_000_000),
  maxBlockTransactions: range(1, 20_000),
  maxValidators: range(1, 10_000),
  minSelfStake: range(1, 2n ** 128n - 1n),
  powerReduction: range(1, 2n ** 128n - 1n),
  epochBlocks: range(1, 10_000_000),
  unbondingPeriodMs: range(1_000, 10 * 365 * 86_400_000),
  evidenceMaxAgeMs: range(1_000, 10 * 365 * 86_400_000),
} as const;
export type LedgerMember = keyof typeof LEDGER_MEMBERS;

/** Members of `staking` with their safe ranges; all of them may be absent. A slash never takes everything. */
export const STAKING_MEMBERS = {
  activationDelayBlocks: range(0, 10_000),
  maxChurnBasisPoints: range(1, 10_000),
  blockReward: range(0, 10n ** 30n),
  communityBasisPoints: range(0, 10_000),
  minDelegation: range(1, 2n ** 128n - 1n),
  signedBlocksWindow: range(10, 16_384),
  minSignedBasisPoints: range(1, 10_000),
  downtimeJailMs: range(0, 10 * 365 * 86_400_000),
  downtimeSlashBasisPoints: range(0, 5_000),
  equivocationSlashBasisPoints: range(0, 9_900),
  reputationWeightBasisPoints: range(0, 5_000),
} as const;
export type StakingMember = keyof typeof STAKING_MEMBERS;
