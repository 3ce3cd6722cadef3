/** The part of the context's face that also runs in a browser: forms and hashes, no mempool and no files. */
export { decodeTransaction, hashTransaction, type ChainIdentity } from './domain/codec.ts';
export { transactionFromJson, transactionToJson } from './domain/json-form.ts';
export type { Transaction } from './domain/transaction.ts';
