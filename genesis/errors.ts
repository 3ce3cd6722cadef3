import { defineErrors } from '#kernel';

export const genesisError = defineErrors('genesis', {
  invalid: { status: 422, action: 'halt', title: 'The genesis is not valid' },
  'not-importable': { status: 422, action: 'reject', title: 'The document cannot be imported' },
  'unexpected-hash': { status: 409, action: 'halt', title: 'The genesis is not the one that is expected' },
});
