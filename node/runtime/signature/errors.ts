import { defineErrors } from '#kernel';

export const signatureError = defineErrors('signature', {
  'malformed-seed': { status: 400, action: 'reject', title: 'Not an Ed25519 seed' },
  'budget-exhausted': {
    status: 429,
    action: 'penalise',
    title: 'Too many signatures from one source were invalid or needed the slow check',
  },
  overloaded: { status: 503, action: 'retry', title: 'Too many signatures wait to be checked' },
  'worker-failed': { status: 500, action: 'halt', title: 'A signature worker failed' },
  'self-test-failed': {
    status: 500,
    action: 'halt',
    title: 'A signature check disagrees with the vectors of the rule',
  },
});
