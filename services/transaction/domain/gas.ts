import type { KeyType } from '#kernel';
import { isStakePayload } from './possession.ts';
import type { StakePayload } from './stake-payloads.ts';
import type { TransactionPayload } from './transaction.ts';

/** Gas of a transaction of any type: the check of an Ed25519 signature and the sender's account. */
const GAS_BASE = 1_000;
/** What the check of the signature costs beyond that: one of secp256k1 takes four to five times as long. */
const GAS_SIGNATURE: Readonly<Record<KeyType, number>> = { ed25519: 0, secp256k1: 1_000 };
/** Gas of an output: one account more. */
const GAS_PER_OUTPUT = 500;
/** Gas of an attestation: a leaf that stays for ever. */
const GAS_ATTESTATION = 2_000;

/**
 * Gas of the operations of the validator context, by the leaves that they read and write: some five hundred each. A
 * registration makes leaves that stay for ever, and work at every decision on a set; it and a rotated key also have the
 * signature of a second key checked.
 */
const GAS_STAKE: Readonly<Record<StakePayload['type'], number>> = {
  'validator.register': 50_000,
  'validator.edit': 2_000,
  'validator.unjail': 1_000,
  'validator.exit': 4_000,
  'validator.rotate-key': 10_000,
  'stake.bond': 3_000,
  'stake.unbond': 4_000,
  'stake.redelegate': 6_000,
  'stake.cancel-unbond': 4_000,
  'rewards.withdraw': 2_000,
};

/** Gas that a transaction with this payload, signed by a key of this type, uses; known before it is executed. */
export function gasOf(payload: TransactionPayload, senderKeyType: KeyType): number {
  const base = GAS_BASE + GAS_SIGNATURE[senderKeyType];
  switch (payload.type) {
    case 'transfer':
      return base + GAS_PER_OUTPUT * payload.outputs.length;
    case 'attest':
      return base + GAS_ATTESTATION;
    default:
      return base + GAS_STAKE[payload.type];
  }
}

/** Base units that the sender pays at most: the fee for the whole gas limit, and what leaves its balance. */
export function costOf(transaction: {
  gasLimit: number;
  gasPrice: bigint;
  payload: TransactionPayload;
}): bigint {
  return BigInt(transaction.gasLimit) * transaction.gasPrice + movedBy(transaction.payload);
}

/** Base units that leave the sender's balance beside the fee. */
export function movedBy(payload: TransactionPayload): bigint {
  if (payload.type === 'transfer') return payload.outputs.reduce((sum, { amount }) => sum + amount, 0n);
  if (!isStakePayload(payload)) return 0n;
  if (payload.type === 'validator.register') return payload.stake;
  return payload.type === 'stake.bond' ? payload.amount : 0n;
}
