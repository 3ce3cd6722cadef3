import { formatAddress, fromHex, parseAddress, parseAmount, toHex } from '#kernel';
import type { Receipt } from '#services/blockchain';
import type { Transaction, TransactionPayload } from '#services/transaction';
import type { FinalTransactionJson, PayloadJson } from '../schemas/blocks.ts';
import type { Forms } from '../ports.ts';

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
export function finalTransactionToJson(
  forms: Forms,
  final: { transaction: Transaction; height: number; index: number; receipt: Receipt },
): FinalTransactionJson {
  const { transaction, height, index, receipt } = final;
  return {
    ...receiptToJson(receipt),
    height,
    index,
    sender: formatAddress(transaction.sender),
    transaction: forms.transactionToJson(transaction),
  };
}

/** A transaction that waits for a block. */
export function pendingTransactionToJson(forms: Forms, transaction: Transaction): FinalTransactionJson {
  return {
    hash: transaction.id,
    status: 'pending',
    sender: formatAddress(transaction.sender),
    transaction: forms.transactionToJson(transaction),
  };
}

/**
 * Payload of its JSON form.
 *
 * @throws `kernel.malformed-address`, `kernel.malformed-amount`, `kernel.malformed-hex`
 */
export function payloadFromJson(json: PayloadJson): TransactionPayload {
  if (json.type === 'attest') return { type: 'attest', digest: fromHex(json.digest, 32), label: json.label };
  const outputs = json.outputs.map(({ to, amount }) => ({
    to: parseAddress(to),
    amount: parseAmount(amount),
  }));
  return { type: 'transfer', outputs };
}
