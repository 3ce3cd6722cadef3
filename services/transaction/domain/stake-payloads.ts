import type { Amount } from '#kernel';

/** Who a validator says that it is: texts, empty where there is none; the name is needed. */
export interface ValidatorIdentity {
  readonly name: string;
  readonly website: string;
  readonly contact: string;
  readonly description: string;
  readonly location: string;
}

/** What a validator keeps of its delegators' rewards; basis points. */
export interface CommissionTerms {
  readonly rate: number;
  readonly maxRate: number;
  /** Largest change within a day. */
  readonly maxDailyChange: number;
}

/** Makes the sender the operator of a new validator, with a first stake of its own. */
export interface RegisterPayload {
  readonly type: 'validator.register';
  /** 32-byte Ed25519 consensus key. */
  readonly publicKey: Uint8Array;
  /** 64-byte signature of the consensus key: see `possessionDigest`. */
  readonly proof: Uint8Array;
  readonly identity: ValidatorIdentity;
  readonly commission: CommissionTerms;
  readonly minSelfStake: Amount;
  readonly stake: Amount;
}

/** Changes what is given of the sender's validator. */
export interface EditPayload {
  readonly type: 'validator.edit';
  readonly identity?: ValidatorIdentity;
  /** Basis points. */
  readonly commissionRate?: number;
  readonly minSelfStake?: Amount;
}

/** Lets the sender's validator out of jail, when its time is over. */
export interface UnjailPayload {
  readonly type: 'validator.unjail';
}

/** Takes the sender's validator out for good: its own stake begins to unbond, and it is chosen no more. */
export interface ExitPayload {
  readonly type: 'validator.exit';
}

/** Gives the sender's validator another consensus key, from the next set on. */
export interface RotateKeyPayload {
  readonly type: 'validator.rotate-key';
  readonly publicKey: Uint8Array;
  readonly proof: Uint8Array;
}

/** Bonds balance of the sender to a validator. */
export interface BondPayload {
  readonly type: 'stake.bond';
  /** 20-byte address of the validator's operator. */
  readonly validator: Uint8Array;
  readonly amount: Amount;
}

/** Begins to release stake of the sender. */
export interface UnbondPayload {
  readonly type: 'stake.unbond';
  readonly validator: Uint8Array;
  readonly amount: Amount;
}

/** Moves stake of the sender from one validator to another without releasing it. */
export interface RedelegatePayload {
  readonly type: 'stake.redelegate';
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly amount: Amount;
}

/** Bonds again what is being released. */
export interface CancelUnbondPayload {
  readonly type: 'stake.cancel-unbond';
  readonly validator: Uint8Array;
  /** The end that names the entry, Unix milliseconds. */
  readonly endMs: number;
  readonly amount: Amount;
}

/** Pays the sender its rewards at a validator, and its commission when it is the operator. */
export interface WithdrawPayload {
  readonly type: 'rewards.withdraw';
  readonly validator: Uint8Array;
}

export type StakePayload =
  | RegisterPayload
  | EditPayload
  | UnjailPayload
  | ExitPayload
  | RotateKeyPayload
  | BondPayload
  | UnbondPayload
  | RedelegatePayload
  | CancelUnbondPayload
  | WithdrawPayload;
