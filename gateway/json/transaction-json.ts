import { formatAddress, toHex } from '#kernel';
import type { Receipt } from '#services/blockchain';
import { transactionToJson, type Transaction } from '#services/transaction';
import type { FinalTransactionJson } from '../schemas/blocks.ts';

/** Outcome of a transaction, as members of its JSON. */
export function receiptToJson(receipt: Receipt) {
  return {
    hash: toHex(receipt.transactionHash),
    status: receipt.status,
    code: receipt.code,
    gasUsed: receipt.gasUsed,
    fee: receipt.fee.toString(),
    events: receipt.events.map(({ type, attributes }) => ({
      type,
      attributes: attributes.map(({ key, value }) => ({ key, value })),
    })),
  };
}

/** A transaction that is final, with its place and outcome. */
export function finalTransactionToJson(final: {
  transaction: Transaction;
  height: number;
  index: number;
  receipt: Receipt;
}): FinalTransactionJson {
  const { transaction, height, index, receipt } = final;
  return {
    ...receiptToJson(receipt),
    height,
    index,
    sender: formatAddress(transaction.sender),
    transaction: transactionToJson(transaction),
  };
}

/** A transaction that waits for a block. */
export function pendingTransactionToJson(transaction: Transaction): FinalTransactionJson {
  return {
    hash: transaction.id,
    status: 'pending',
    sender: formatAddress(transaction.sender),
    transaction: transactionToJson(transaction),
  };
}
