import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError } from '#kernel';
import type { ChainTip } from '#services/block';
import type { RemoteSignerStatus } from '#services/consensus';
import { readinessOf, secondsUntilStart } from '../readiness.ts';

const GENESIS_MS = Date.parse('2026-03-01T12:00:00.000Z');

function readinessAt(nowMs: number, commit?: ChainTip['commit'], signer?: RemoteSignerStatus) {
  const tip = { blockTimeMs: GENESIS_MS, commit, consensus: { emptyBlockIntervalMs: 1_000 } } as ChainTip;
  return readinessOf({
    clock: { now: () => nowMs, monotonic: () => nowMs },
    tip: () => tip,
    lastFinalisedAtMs: () => undefined,
    syncing: () => false,
    peers: () => 1,
    validators: () => 4,
    signer: () => signer,
  });
}

test('before the genesis time a node is not ready, and says when it is and how long that takes', () => {
  assert.deepEqual(readinessAt(GENESIS_MS - 41_500), {
    ready: false,
    reasons: ['the chain starts at the genesis time 2026-03-01T12:00:00.000Z, in 42 seconds'],
  });
});

test('from the genesis time on it is not ready until a block is final', () => {
  assert.deepEqual(readinessAt(GENESIS_MS).reasons, ['no block became final since the start']);
});

test('a chain that has a block does not wait, whatever the time of its tip', () => {
  const commit = { height: 1, round: 0, blockHash: new Uint8Array(32), signatures: [] };
  assert.equal(secondsUntilStart({ commit, blockTimeMs: GENESIS_MS }, 0), undefined);
  assert.equal(secondsUntilStart({ commit: undefined, blockTimeMs: GENESIS_MS }, GENESIS_MS - 1), 1);
});

test('a node that lost its signer is not ready and says so by the code; one that stands by is', () => {
  const definition = {
    code: 'consensus.signer-unavailable',
    title: '',
    status: 503,
    action: 'retry',
  } as const;
  const error = new CodedError(definition, 'it is away');
  const usual = readinessAt(GENESIS_MS).reasons;
  const lost = readinessAt(GENESIS_MS, undefined, { state: 'unavailable', error });
  assert.deepEqual(lost.reasons, [...usual, 'it is away [consensus.signer-unavailable]']);
  assert.deepEqual(readinessAt(GENESIS_MS, undefined, { state: 'standby', error }).reasons, usual);
  assert.deepEqual(readinessAt(GENESIS_MS, undefined, { state: 'signing' }).reasons, usual);
});
