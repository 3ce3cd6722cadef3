/** What a preview needs to know of the chain: parameters of the ledger and of staking, and where the epoch is. */
export interface StakeRules {
  /** Height of the tip. */
  readonly height: number;
  /** Height at whose end the next set is decided. */
  readonly nextDecision: number;
  readonly epochBlocks: number;
  /** Blocks between the decision on a set and its first height, beyond one. */
  readonly activationDelayBlocks: number;
  readonly unbondingPeriodMs: number;
  /** Base units of stake that give one unit of voting power. */
  readonly powerReduction: bigint;
  readonly minSelfStake: bigint;
  readonly minDelegation: bigint;
  /** Voting power of the set in force. */
  readonly totalPower: number;
}

/** A validator as a preview sees it; amounts in base units, times in Unix milliseconds. */
export interface ValidatorFacts {
  /** Address of the operator: what transactions name it by. */
  readonly operator: string;
  readonly name: string;
  readonly status: string;
  readonly isExiting: boolean;
  readonly stake: bigint;
  readonly selfStake: bigint;
  readonly minSelfStake: bigint;
  /** In the set in force; 0 outside of it. */
  readonly power: number;
  /** Basis points. */
  readonly commission: { readonly rate: number; readonly maxRate: number; readonly maxDailyChange: number };
  readonly commissionDue: bigint;
  /** 0 for not in jail. */
  readonly jailedUntilMs: number;
}

/** What an account has bonded to a validator. */
export interface DelegationFacts {
  readonly amount: bigint;
  readonly rewards: bigint;
  /** Until when none of it may be redelegated; 0 for no such time. */
  readonly hopAfterMs: number;
}

/** A release under way. */
export interface UnbondingFacts {
  readonly validator: string;
  readonly endMs: number;
  readonly amount: bigint;
}
