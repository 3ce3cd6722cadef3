export {
  TRANSACTION_TYPES,
  type AttestPayload,
  type Transaction,
  type TransactionBody,
  type TransactionPayload,
  type TransactionType,
  type TransferOutput,
  type TransferPayload,
} from './domain/transaction.ts';
