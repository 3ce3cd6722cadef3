import { defineErrors } from '#kernel';

export const networkError = defineErrors('network', {
  'listen-failed': { status: 500, action: 'halt', title: 'The network cannot listen on its address' },
  'malformed-address': { status: 400, action: 'halt', title: 'Not the address of a peer' },
  'wrong-genesis': { status: 409, action: 'reject', title: 'The peer is of another genesis' },
  'wrong-chain': { status: 409, action: 'reject', title: 'The peer is of another chain' },
  'wrong-version': { status: 409, action: 'reject', title: 'The peer speaks another protocol version' },
  'handshake-failed': { status: 502, action: 'retry', title: 'The peer did not complete the handshake' },
  'not-allowed': { status: 403, action: 'reject', title: 'The peer may not connect' },
  'malformed-frame': { status: 400, action: 'penalise', title: 'A frame that cannot be read' },
  'peer-gone': { status: 502, action: 'retry', title: 'The peer is not connected' },
  'request-timeout': { status: 504, action: 'retry', title: 'The peer did not answer in time' },
  'request-failed': { status: 502, action: 'retry', title: 'The request did not get through' },
  'request-refused': { status: 502, action: 'retry', title: 'The peer refused the request' },
  'response-too-large': { status: 502, action: 'penalise', title: 'The answer is larger than asked for' },
});
