export { checkTransaction, type TransactionRules } from './domain/check-transaction.ts';
export { decodeTransaction, hashTransaction, signTransaction, type ChainIdentity } from './domain/codec.ts';
export { costOf, gasOf, movedBy } from './domain/gas.ts';
export { isStakePayload, keyPossessionDigest } from './domain/possession.ts';
export {
  payloadFromJson,
  payloadToJson,
  transactionFromJson,
  transactionToJson,
} from './domain/json-form.ts';
export {
  type AttestPayload,
  type Transaction,
  type TransactionBody,
  type TransactionPayload,
  type TransactionType,
  type TransferOutput,
  type TransferPayload,
} from './domain/transaction.ts';
export type {
  BondPayload,
  CancelUnbondPayload,
  CommissionTerms,
  EditPayload,
  RedelegatePayload,
  RegisterPayload,
  RotateKeyPayload,
  StakePayload,
  UnbondPayload,
  ValidatorIdentity,
  WithdrawPayload,
} from './domain/stake-payloads.ts';
export { createTransactionFetch, type TransactionFetch } from './gossip/fetch.ts';
export { createTransactionGossip, type TransactionGossip } from './gossip/gossip.ts';
export { TRANSACTION_BYTES_MAX } from './limits.ts';
export type { AccountReader, Mempool } from './mempool/face.ts';
export { createMempool } from './mempool/mempool.ts';
export type { PoolLimits } from './mempool/pool.ts';
export { openFileJournal, type Journal } from './store/journal.ts';
