import { defineErrors } from '#kernel';

export const cliError = defineErrors('cli', {
  usage: { status: 400, action: 'reject', title: 'The command line is not as expected' },
  'key-not-found': { status: 404, action: 'reject', title: 'There is no such key file' },
  'password-missing': { status: 403, action: 'reject', title: 'The key file needs a password' },
  'node-unreachable': { status: 503, action: 'retry', title: 'No node answers at the address' },
  'node-refused': { status: 502, action: 'reject', title: 'The node refused the request' },
  'not-final': { status: 504, action: 'retry', title: 'The transaction was not final in time' },
  'would-fail': { status: 422, action: 'reject', title: 'The ledger would refuse the transaction' },
  declined: { status: 409, action: 'reject', title: 'Somebody at the terminal said no' },
  'not-started': { status: 500, action: 'halt', title: 'The local network did not start' },
  'secret-malformed': { status: 400, action: 'reject', title: 'Not the secret of a key, nor a mnemonic' },
  'file-unreadable': { status: 400, action: 'reject', title: 'A file cannot be read' },
  'file-exists': { status: 409, action: 'reject', title: 'A file is there already' },
});
