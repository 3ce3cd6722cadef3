import { defineErrors } from '#kernel';

export const homeError = defineErrors('home', {
  unreadable: { status: 500, action: 'halt', title: 'A file of the home cannot be read' },
  'in-use': { status: 409, action: 'halt', title: 'Another process uses the home' },
  'other-chain': { status: 409, action: 'halt', title: 'The home belongs to another chain' },
  'no-chain': { status: 404, action: 'reject', title: 'The home holds no chain' },
  'sign-record-missing': {
    status: 500,
    action: 'halt',
    title: 'The record of the last signature is missing',
  },
  'state-behind-log': { status: 500, action: 'halt', title: 'The state is older than the consensus log' },
  'same-chain': { status: 409, action: 'reject', title: 'A new chain needs an id of its own' },
  'file-exists': { status: 409, action: 'reject', title: 'A file is there already' },
  'keys-missing': { status: 404, action: 'halt', title: 'Keys of validators of the genesis are missing' },
  'not-a-network': { status: 404, action: 'halt', title: 'There is no local network in the folder' },
  'port-in-use': { status: 409, action: 'halt', title: 'The port is in use' },
  'node-failed': { status: 500, action: 'halt', title: 'A node of the local network did not start or ended' },
  'password-missing': { status: 500, action: 'halt', title: 'The password of the key files is missing' },
});
