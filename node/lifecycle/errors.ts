import { defineErrors } from '#kernel';

export const nodeError = defineErrors('node', {
  failed: { status: 500, action: 'halt', title: 'The node stopped because going on was not safe' },
});
