import { defineErrors } from '#kernel';

export const genesisError = defineErrors('genesis', {
  invalid: { status: 422, action: 'halt', title: 'The genesis is not valid' },
  'not-importable': { status: 422, action: 'reject', title: 'The document cannot be imported' },
  'draft-unreadable': { status: 422, action: 'reject', title: 'The draft of the genesis cannot be read' },
  'account-refused': { status: 422, action: 'reject', title: 'The account cannot be entered' },
  'declaration-refused': { status: 422, action: 'reject', title: 'The declaration cannot be made' },
  'not-a-validator': { status: 403, action: 'reject', title: 'The key is of no validator of the genesis' },
  'too-old': {
    status: 409,
    action: 'halt',
    title: 'The genesis time is too far in the past for a new chain',
  },
  unsealed: { status: 409, action: 'halt', title: 'The genesis has no seal, and the node asks for one' },
  'seal-malformed': { status: 422, action: 'halt', title: 'The file is not a seal' },
  'seal-mismatch': { status: 409, action: 'halt', title: 'The seal is of another genesis' },
  'seal-incomplete': {
    status: 409,
    action: 'halt',
    title: 'The approvals of the seal do not hold more than 2/3 of the stake',
  },
  'peers-differ': { status: 409, action: 'halt', title: 'The peers have another genesis' },
  'unexpected-hash': { status: 409, action: 'halt', title: 'The genesis is not the one that is expected' },
});
