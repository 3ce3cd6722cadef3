import { defineErrors } from '#kernel';

export const blockchainError = defineErrors('blockchain', {
  'nonce-mismatch': { status: 409, action: 'reject', title: 'The nonce is not the next of the account' },
  'fee-not-covered': { status: 402, action: 'reject', title: 'The balance does not cover the fee' },
  'out-of-gas': { status: 400, action: 'reject', title: 'The gas limit does not cover the transaction' },
  'insufficient-balance': { status: 402, action: 'reject', title: 'The balance does not cover the amounts' },
  'balance-overflow': { status: 422, action: 'reject', title: 'A balance would exceed 128 bits' },
  'attestation-exists': { status: 409, action: 'reject', title: 'The account attested the digest before' },
  'height-not-retained': { status: 410, action: 'reject', title: 'The state of the height is not retained' },
  'future-height': { status: 404, action: 'reject', title: 'The height is not final yet' },
  'malformed-proof': { status: 400, action: 'penalise', title: 'Not the encoding of a state proof' },
  'other-chain': { status: 409, action: 'halt', title: 'The data belong to another chain' },
  'corrupt-state': { status: 500, action: 'halt', title: 'The state on disk contradicts itself' },
  'not-empty': { status: 409, action: 'halt', title: 'There is a state already' },
  'incomplete-restore': { status: 500, action: 'halt', title: 'The chunks do not make the state' },
  'rolled-back-already': { status: 409, action: 'reject', title: 'The state was rolled back already' },
  'not-open': { status: 500, action: 'halt', title: 'The ledger is not open' },
  'stale-execution': { status: 500, action: 'halt', title: 'An execution was not made on the tip' },
});
