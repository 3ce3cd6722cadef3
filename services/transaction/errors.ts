import { defineErrors } from '#kernel';

/** What is wrong with a transaction in itself: it will never be right. */
export const transactionError = defineErrors('transaction', {
  'unknown-type': { status: 400, action: 'penalise', title: 'There is no such transaction type' },
  'unsupported-key-type': {
    status: 400,
    action: 'reject',
    title: 'Keys of this type cannot send transactions',
  },
  'malformed-key': {
    status: 400,
    action: 'penalise',
    title: 'The sender key is not in the one form of its type',
  },
  'weak-key': { status: 400, action: 'penalise', title: 'The sender key is not a point of large order' },
  'malformed-json': { status: 400, action: 'reject', title: 'Not the JSON form of a transaction' },
  'wrong-chain': { status: 400, action: 'reject', title: 'The transaction is for another chain' },
  'invalid-signature': {
    status: 400,
    action: 'penalise',
    title: 'The signature does not sign the transaction',
  },
  'malformed-payload': { status: 400, action: 'penalise', title: 'Not the payload of its type' },
  'malformed-identity': { status: 400, action: 'reject', title: 'A text of the identity is not Unicode' },
  'no-outputs': { status: 400, action: 'reject', title: 'A transfer without outputs' },
  'zero-amount': { status: 400, action: 'reject', title: 'Nothing would be moved' },
  'amount-overflow': { status: 400, action: 'reject', title: 'The amounts together exceed 128 bits' },
  'malformed-label': { status: 400, action: 'reject', title: 'The label is empty, too long or not text' },
  'gas-limit-too-low': {
    status: 400,
    action: 'reject',
    title: 'The gas limit does not cover the transaction',
  },
  'gas-limit-too-high': { status: 400, action: 'reject', title: 'No block has that much gas' },
  'gas-price-too-low': {
    status: 400,
    action: 'reject',
    title: 'The gas price is below the smallest accepted',
  },
  expired: {
    status: 400,
    action: 'ignore',
    title: 'The transaction was valid until a height that has passed',
  },
  'valid-until-too-far': {
    status: 400,
    action: 'reject',
    title: 'The transaction would stay valid for too long',
  },
});

/** Why the mempool does not take a transaction, or lets it go: the same one may be right later. */
export const mempoolError = defineErrors('mempool', {
  'already-known': { status: 409, action: 'ignore', title: 'The transaction waits already' },
  'already-final': { status: 409, action: 'ignore', title: 'The transaction is final already' },
  'nonce-too-low': { status: 409, action: 'ignore', title: 'The nonce was used' },
  'nonce-too-high': { status: 409, action: 'ignore', title: 'The nonce is too far ahead of the account' },
  'insufficient-balance': { status: 402, action: 'ignore', title: 'The balance does not cover what waits' },
  'underpriced-replacement': { status: 409, action: 'ignore', title: 'A replacement must pay more' },
  'too-many-per-account': {
    status: 429,
    action: 'ignore',
    title: 'Too many transactions of the account wait',
  },
  full: { status: 503, action: 'retry', title: 'The mempool is full of better paying transactions' },
  evicted: { status: 503, action: 'retry', title: 'A better paying transaction took the place' },
  replaced: { status: 409, action: 'ignore', title: 'Another transaction took the nonce' },
  expired: { status: 400, action: 'ignore', title: 'No block took the transaction in time' },
  'malformed-cursor': { status: 400, action: 'reject', title: 'Not a cursor of this list' },
});

export const gossipError = defineErrors('transaction-gossip', {
  'malformed-frame': { status: 400, action: 'penalise', title: 'Not a frame of transactions or ids' },
  'unrequested-transaction': {
    status: 400,
    action: 'penalise',
    title: 'A peer answered with another transaction',
  },
});
