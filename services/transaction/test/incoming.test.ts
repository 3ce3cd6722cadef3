import assert from 'node:assert/strict';
import { it } from 'node:test';
import { silentLogger } from '#kernel';
import { Incoming } from '../gossip/incoming.ts';
import { INCOMING_BYTES_MAX, TRANSACTION_BYTES_MAX } from '../limits.ts';

it('drops what a peer sends beyond the bytes that may wait', () => {
  const incoming = new Incoming({
    transport: { report: () => {} },
    mempool: { submit: () => new Promise(() => {}) },
    logger: silentLogger,
  });
  // Judged at once, and for ever.
  incoming.add('p', [new Uint8Array(1)]);
  const fitting = INCOMING_BYTES_MAX / TRANSACTION_BYTES_MAX;
  for (let i = 0; i < fitting + 5; i++) incoming.add('p', [new Uint8Array(TRANSACTION_BYTES_MAX)]);
  assert.equal(incoming.dropped, 5);
});
