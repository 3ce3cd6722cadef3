import { defineErrors } from '#kernel';

export const consensusError = defineErrors('consensus', {
  'malformed-message': { status: 400, action: 'penalise', title: 'Not a consensus message' },
  'wrong-proposer': {
    status: 400,
    action: 'penalise',
    title: 'The proposal is not from the proposer of its round',
  },
  'invalid-signature': {
    status: 400,
    action: 'penalise',
    title: 'The signature of a consensus message is invalid',
  },
  'unknown-validator': {
    status: 400,
    action: 'penalise',
    title: 'The validator is not in the set of the height',
  },
  'mismatched-block': {
    status: 400,
    action: 'penalise',
    title: 'A proposal does not carry the block that it names',
  },
  'evidence-pool-full': { status: 503, action: 'retry', title: 'Too much evidence waits for a block' },
  'sign-regression': { status: 409, action: 'reject', title: 'Signing would go back behind what was signed' },
  'sign-conflict': { status: 409, action: 'reject', title: 'Signing would contradict what was signed' },
  'sign-record-corrupt': {
    status: 500,
    action: 'halt',
    title: 'The record of the last signature is damaged',
  },
  'sign-record-of-other-key': {
    status: 500,
    action: 'halt',
    title: 'The record of the last signature is of another key',
  },
  'sign-fenced': {
    status: 409,
    action: 'reject',
    title: 'The lease under which a signature was asked for is over',
  },
  'sign-locked': {
    status: 409,
    action: 'reject',
    title: 'A prevote would leave the block that the key precommitted under another lease',
  },
  'signer-standby': { status: 409, action: 'retry', title: 'Another node signs with the key' },
  'signer-unavailable': { status: 503, action: 'retry', title: 'The remote signer does not answer' },
  'signer-malformed': { status: 400, action: 'penalise', title: 'Not a message of the signer protocol' },
  'signer-failed': { status: 502, action: 'retry', title: 'The remote signer failed to sign' },
  'log-corrupt': {
    status: 500,
    action: 'halt',
    title: 'The write-ahead log is damaged where it had been durable',
  },
  'storage-failed': {
    status: 500,
    action: 'halt',
    title: 'The consensus directory cannot be read or written',
  },
  'invalid-decision': {
    status: 500,
    action: 'halt',
    title: 'More than 2/3 decided a block that this node holds invalid',
  },
  'proposal-failed': { status: 500, action: 'retry', title: 'A block could not be made' },
  failed: { status: 500, action: 'halt', title: 'Consensus met a failure that it cannot go on from' },
});
