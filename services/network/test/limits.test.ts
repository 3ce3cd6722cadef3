import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_LIMITS } from '../limits.ts';

describe('the limits of the network', () => {
  it('have room for five hundred validators, each with a stream to each other, and for full nodes', () => {
    assert.ok(DEFAULT_LIMITS.maxPeers >= 499 + 100);
  });

  it('let a validator of five hundred say and hear a height of votes in a second, many times over', () => {
    const votesOfHeight = 2;
    assert.ok(DEFAULT_LIMITS.messagesPerSecond.consensus >= 100 * votesOfHeight);
    // An answer to a round state holds up to 512 votes.
    assert.ok(DEFAULT_LIMITS.queueMessagesMax >= 512 + votesOfHeight);
  });
});
