import { defineErrors } from '#kernel';

export const chaosError = defineErrors('chaos', {
  'wrong-use': { status: 400, action: 'reject', title: 'The command line is wrong' },
  'unreadable-manifest': { status: 400, action: 'reject', title: 'The manifest cannot be read' },
  'invalid-manifest': { status: 400, action: 'reject', title: 'The manifest breaks a rule' },
  'unknown-version': { status: 400, action: 'reject', title: 'A version cannot be checked out' },
  'not-possible-here': { status: 501, action: 'reject', title: 'This machine cannot do what is asked' },
  'node-ended': { status: 500, action: 'halt', title: 'A node ended by itself' },
  'not-in-time': { status: 504, action: 'halt', title: 'Something did not happen in time' },
  stopped: { status: 499, action: 'halt', title: 'The run was stopped' },
});
