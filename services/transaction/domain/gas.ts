import { unreachable, type KeyType } from '#kernel';
import type { TransactionPayload } from './transaction.ts';

/** Gas of a transaction of any type: the check of an Ed25519 signature and the sender's account. */
const GAS_BASE = 1_000;
/** What the check of the signature costs beyond that: one of secp256k1 takes four to five times as long. */
const GAS_SIGNATURE: Readonly<Record<KeyType, number>> = { ed25519: 0, secp256k1: 1_000 };
/** Gas of an output: one account more. */
const GAS_PER_OUTPUT = 500;
/** Gas of an attestation: a leaf that stays for ever. */
const GAS_ATTESTATION = 2_000;

/** Gas that a transaction with this payload, signed by a key of this type, uses; known before it is executed. */
export function gasOf(payload: TransactionPayload, senderKeyType: KeyType): number {
  const base = GAS_BASE + GAS_SIGNATURE[senderKeyType];
  switch (payload.type) {
    case 'transfer':
      return base + GAS_PER_OUTPUT * payload.outputs.length;
    case 'attest':
      return base + GAS_ATTESTATION;
    default:
      return unreachable(payload);
  }
}

/** Base units that the sender pays at most: the fee for the whole gas limit, and what it sends. */
export function costOf(transaction: {
  gasLimit: number;
  gasPrice: bigint;
  payload: TransactionPayload;
}): bigint {
  let cost = BigInt(transaction.gasLimit) * transaction.gasPrice;
  if (transaction.payload.type === 'transfer') {
    for (const { amount } of transaction.payload.outputs) cost += amount;
  }
  return cost;
}
