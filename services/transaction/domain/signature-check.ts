import type { SignatureCheck } from '#kernel';
import type { Transaction } from './transaction.ts';

/** What must hold for the transaction to be its sender's. */
export function signatureCheckOf(transaction: Transaction): Required<SignatureCheck> {
  const { senderKeyType, senderKey, digest, signature } = transaction;
  return { keyType: senderKeyType, publicKey: senderKey, digest, signature };
}
