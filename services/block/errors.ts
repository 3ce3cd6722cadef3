import { defineErrors } from '#kernel';

/** Errors of the block context. `penalise` marks what no correct node sends. */
export const blockError = defineErrors('block', {
  'malformed-block': { status: 400, action: 'penalise', title: 'Not the one encoding of a block' },
  'malformed-commit': { status: 400, action: 'penalise', title: 'Not the one encoding of a commit' },
  'malformed-vote': { status: 400, action: 'penalise', title: 'Not the one encoding of a vote' },
  'malformed-proposal': {
    status: 400,
    action: 'penalise',
    title: 'Not the one encoding of a proposal',
  },
  'wrong-version': { status: 422, action: 'reject', title: 'A block of other rules' },
  'wrong-chain': { status: 422, action: 'penalise', title: 'A block of another chain' },
  'wrong-height': { status: 409, action: 'ignore', title: 'A block of another height than the next' },
  'wrong-parent': { status: 422, action: 'penalise', title: 'A block that does not follow the tip' },
  'wrong-time': { status: 422, action: 'penalise', title: 'A block that is not later than its parent' },
  'unknown-proposer': { status: 422, action: 'penalise', title: 'The proposer is no validator' },
  'wrong-transaction-root': {
    status: 422,
    action: 'penalise',
    title: 'The header names other transactions',
  },
  'wrong-state-root': { status: 422, action: 'penalise', title: 'The header names another state' },
  'wrong-receipt-root': { status: 422, action: 'penalise', title: 'The header names other receipts' },
  'wrong-validator-set': { status: 422, action: 'penalise', title: 'The header names other validators' },
  'wrong-commit-hash': { status: 422, action: 'penalise', title: 'The header names another commit' },
  'wrong-hash': { status: 422, action: 'penalise', title: 'A block under the hash of another' },
  'too-large': { status: 422, action: 'penalise', title: 'A block over the limits of the ledger' },
  'invalid-commit': { status: 422, action: 'penalise', title: 'A commit that proves nothing' },
  'invalid-transaction': {
    status: 422,
    action: 'penalise',
    title: 'A block with a transaction that no block may hold',
  },
  'conflicting-finalisation': {
    status: 500,
    action: 'halt',
    title: 'Another block is final at this height',
  },
  'corrupt-home': { status: 500, action: 'halt', title: 'The stored chain contradicts itself' },
  'not-open': { status: 503, action: 'retry', title: 'The chain is not open' },
  halted: { status: 503, action: 'halt', title: 'The chain stopped after a fault' },
  'not-retained': { status: 410, action: 'reject', title: 'Pruned from this node' },
  'malformed-cursor': { status: 400, action: 'reject', title: 'Not a cursor of this list' },
  'malformed-request': { status: 400, action: 'penalise', title: 'Not a request for blocks' },
  'malformed-response': { status: 502, action: 'penalise', title: 'Not an answer to the request' },
  'malformed-status': { status: 400, action: 'penalise', title: 'Not a status message' },
});
