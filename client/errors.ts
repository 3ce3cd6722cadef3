import { defineErrors } from '#kernel';

/** Errors of the light client. `penalise` marks what no correct node answers. */
export const lightError = defineErrors('light', {
  'trust-expired': {
    status: 409,
    action: 'reject',
    title: 'The newest trusted header is older than the trusting period',
  },
  'wrong-trust': { status: 409, action: 'reject', title: 'The node has another header than the trusted one' },
  'wrong-rules': { status: 400, action: 'reject', title: 'Not rules that a light client can be safe with' },
  'wrong-chain': { status: 422, action: 'penalise', title: 'A header of another chain or version' },
  'wrong-height': { status: 422, action: 'penalise', title: 'A header of another height than asked for' },
  'wrong-order': {
    status: 422,
    action: 'penalise',
    title: 'A header that is not after the trusted one in height and time',
  },
  'from-the-future': { status: 422, action: 'penalise', title: 'A header of a time that has not come' },
  'wrong-validator-set': {
    status: 422,
    action: 'penalise',
    title: 'The validators are not those that the header names',
  },
  'wrong-parent': { status: 422, action: 'penalise', title: 'A header that does not follow the one before' },
  'invalid-commit': { status: 422, action: 'penalise', title: 'A commit that does not prove the header' },
  'too-many-steps': {
    status: 422,
    action: 'penalise',
    title: 'The way to the header takes more headers than a correct chain asks for',
  },
  'not-available': { status: 502, action: 'retry', title: 'The node did not give what was asked for' },
  'malformed-answer': { status: 502, action: 'penalise', title: 'Not an answer of a node' },
  'wrong-proof': { status: 422, action: 'penalise', title: 'A proof that does not prove the answer' },
  'no-agreeing-witness': {
    status: 503,
    action: 'retry',
    title: 'No witness confirms the header of the primary',
  },
  divergence: {
    status: 409,
    action: 'halt',
    title: 'Two nodes prove different headers of one height: the chain is under attack',
  },
});
