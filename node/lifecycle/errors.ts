import { defineErrors } from '#kernel';

export const nodeError = defineErrors('node', {
  failed: { status: 500, action: 'halt', title: 'The node stopped because going on was not safe' },
  'genesis-changed': { status: 503, action: 'retry', title: 'The genesis file changed since the start' },
  'genesis-too-demanding': {
    status: 422,
    action: 'reject',
    title: 'Judging the document takes more than a node gives to it',
  },
  'judge-failed': { status: 500, action: 'retry', title: 'The judgement of a document was broken off' },
});
