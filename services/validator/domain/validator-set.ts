/** A validator as consensus sees it. */
export interface Validator {
  /** 20-byte address of the consensus key: `addressOfKey('ed25519', publicKey)`. */
  readonly address: Uint8Array;
  /** 32-byte Ed25519 consensus key. */
  readonly publicKey: Uint8Array;
  /** Voting power, a positive integer; the sum of a set is at most `TOTAL_POWER_MAX`. */
  readonly power: number;
  /** 20-byte address of the account that controls the validator. */
  readonly operator: Uint8Array;
  readonly name: string;
}

/** The active validators of one height, ordered by power (largest first), then address. */
export interface ValidatorSet {
  readonly validators: readonly Validator[];
  readonly totalPower: number;
  /** 32-byte hash of keys and powers in order. */
  readonly hash: Uint8Array;
}

/** Weighted round-robin state: one signed priority a validator, in the order of the set. */
export interface ProposerRotation {
  readonly priorities: readonly number[];
}
