import { defineErrors } from '#kernel';

export const genesisError = defineErrors('genesis', {
  invalid: { status: 422, action: 'halt', title: 'The genesis is not valid' },
  'not-importable': { status: 422, action: 'reject', title: 'The document cannot be imported' },
  'draft-unreadable': { status: 422, action: 'reject', title: 'The draft of the genesis cannot be read' },
  'account-refused': { status: 422, action: 'reject', title: 'The account cannot be entered' },
  'declaration-refused': { status: 422, action: 'reject', title: 'The declaration cannot be made' },
  'not-a-validator': { status: 403, action: 'reject', title: 'The key is of no validator of the genesis' },
  'seal-malformed': { status: 422, action: 'reject', title: 'The file is not a seal' },
  unsealed: { status: 409, action: 'halt', title: 'The genesis is not sealed' },
  'unexpected-hash': { status: 409, action: 'halt', title: 'The genesis is not the one that is expected' },
});
