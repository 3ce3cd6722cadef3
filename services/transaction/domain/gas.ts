import { unreachable } from '#kernel';
import type { TransactionPayload } from './transaction.ts';

/** Gas of a transaction of any type: its signature check and the sender's account. */
const GAS_BASE = 1_000;
/** Gas of an output: one account more. */
const GAS_PER_OUTPUT = 500;
/** Gas of an attestation: a leaf that stays for ever. */
const GAS_ATTESTATION = 2_000;

/** Gas that a transaction with this payload uses; known before it is executed. */
export function gasOf(payload: TransactionPayload): number {
  switch (payload.type) {
    case 'transfer':
      return GAS_BASE + GAS_PER_OUTPUT * payload.outputs.length;
    case 'attest':
      return GAS_BASE + GAS_ATTESTATION;
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
