import type { Amount, KeyType } from '#kernel';
import type { StakePayload } from './stake-payloads.ts';

/** Transaction types and their numbers in encodings. Append only. */
export const TRANSACTION_TYPES = {
  transfer: 1,
  attest: 2,
  'validator.register': 3,
  'validator.edit': 4,
  'validator.unjail': 5,
  'validator.exit': 6,
  'validator.rotate-key': 7,
  'stake.bond': 8,
  'stake.unbond': 9,
  'stake.redelegate': 10,
  'stake.cancel-unbond': 11,
  'rewards.withdraw': 12,
} as const;
export type TransactionType = keyof typeof TRANSACTION_TYPES;

export interface TransferOutput {
  /** 20-byte address. */
  readonly to: Uint8Array;
  readonly amount: Amount;
}

/** Moves amounts from the sender to one or many accounts, all or none. */
export interface TransferPayload {
  readonly type: 'transfer';
  readonly outputs: readonly TransferOutput[];
}

/** Anchors the hash of some document under a label. */
export interface AttestPayload {
  readonly type: 'attest';
  /** 32 bytes. */
  readonly digest: Uint8Array;
  readonly label: string;
}

export type TransactionPayload = TransferPayload | AttestPayload | StakePayload;

/** What the sender signs. */
export interface TransactionBody {
  readonly chainId: string;
  readonly senderKeyType: KeyType;
  readonly senderKey: Uint8Array;
  /** Number of the sender's transactions before this one. */
  readonly nonce: number;
  readonly gasLimit: number;
  /** Base units a unit of gas. */
  readonly gasPrice: Amount;
  /** Last height whose block may hold the transaction. */
  readonly validUntil: number;
  readonly payload: TransactionPayload;
}

/** A signed transaction with what is derived from its bytes once. */
export interface Transaction extends TransactionBody {
  readonly signature: Uint8Array;
  /** The one encoding. */
  readonly bytes: Uint8Array;
  /** 32-byte hash of `bytes`. */
  readonly hash: Uint8Array;
  /** Lower-case hex of `hash`: the key of maps. */
  readonly id: string;
  /** 20-byte address of the sender's key. */
  readonly sender: Uint8Array;
  /** Lower-case hex of `sender`: the key of maps. */
  readonly senderId: string;
  /** What the signature must sign. */
  readonly digest: Uint8Array;
  /** What the consensus key that the payload brings must sign; undefined when it brings none. */
  readonly possessionDigest?: Uint8Array;
}
