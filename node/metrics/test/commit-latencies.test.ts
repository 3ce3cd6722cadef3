import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ConsensusEvent } from '#services/consensus';
import { makeValidatorSet } from '#services/validator';
import { CommitLatencies } from '../commit-latencies.ts';

const operators = [1, 2].map((byte) => new Uint8Array(20).fill(byte));
const set = makeValidatorSet(
  operators.map((operator, index) => ({
    operator,
    address: new Uint8Array(20).fill(10 + index),
    publicKey: new Uint8Array(32).fill(20 + index),
    power: 2 - index,
    name: `v${index}`,
  })),
);

function watched() {
  let listener: (event: ConsensusEvent) => void = () => undefined;
  const state = { nowMs: 0, height: 5, epoch: 0 };
  const latencies = new CommitLatencies({
    onEvent(heard) {
      listener = heard;
      return () => {
        listener = () => undefined;
      };
    },
    current: () => ({ height: state.height, validators: set, epoch: state.epoch }),
    clock: { monotonic: () => state.nowMs },
  });
  const propose = (atMs: number, blockHash = 'a', round = 0): void => {
    state.nowMs = atMs;
    const { height } = state;
    listener({ kind: 'proposal', height, round, proposerIndex: 0, blockHash, transactions: 0, timely: true });
  };
  const vote = (
    atMs: number,
    validatorIndex: number,
    blockHash: string | null = 'a',
    height = state.height,
  ): void => {
    state.nowMs = atMs;
    listener({
      kind: 'vote',
      height,
      round: 0,
      vote: 'precommit',
      validatorIndex,
      blockHash: blockHash ?? undefined,
    });
  };
  return { state, latencies, propose, vote };
}

const [first, second] = operators as [Uint8Array, Uint8Array];

describe('latencies of commits', () => {
  it('are counted from the proposal to the precommit for it, by validator and epoch', () => {
    const { state, latencies, propose, vote } = watched();
    propose(100);
    vote(130, 0);
    vote(150, 1);
    state.height = 6;
    propose(200);
    vote(250, 0);
    state.epoch = 1;
    state.height = 7;
    propose(300);
    vote(307, 0);
    assert.deepEqual(latencies.of(first, 0), { meanMs: 40, precommits: 2 });
    assert.deepEqual(latencies.of(second, 0), { meanMs: 50, precommits: 1 });
    assert.deepEqual(latencies.of(first, 1), { meanMs: 7, precommits: 1 });
    assert.equal(latencies.of(second, 1), undefined);
  });

  it('leave out votes for nothing, for blocks that were not proposed here, and of other heights', () => {
    const { state, latencies, propose, vote } = watched();
    propose(100);
    vote(110, 0, null);
    vote(120, 0, 'b');
    state.height = 6;
    vote(130, 0);
    assert.equal(latencies.of(first, 0), undefined);
    latencies.stop();
    propose(140);
    vote(150, 0);
    assert.equal(latencies.of(first, 0), undefined);
  });

  it('count precommits that come while the next height is in progress, and none that come later', () => {
    const { state, latencies, propose, vote } = watched();
    propose(100);
    vote(130, 0);
    [state.height, state.epoch] = [6, 1];
    vote(180, 1, 'a', 5);
    propose(200, 'b');
    vote(260, 1, 'a', 4);
    assert.deepEqual(latencies.of(second, 0), { meanMs: 80, precommits: 1 }, 'in the epoch of its height');
    state.height = 7;
    propose(300, 'c');
    vote(400, 0, 'a', 5);
    assert.deepEqual(latencies.of(first, 0), { meanMs: 30, precommits: 1 });
    assert.equal(latencies.of(second, 1), undefined);
  });

  it('forget old epochs', () => {
    const { state, latencies, propose, vote } = watched();
    for (let epoch = 0; epoch < 70; epoch++) {
      [state.epoch, state.height] = [epoch, 5 + epoch];
      propose(epoch);
      vote(epoch + 1, 0);
    }
    assert.equal(latencies.of(first, 5), undefined);
    assert.deepEqual(latencies.of(first, 6), { meanMs: 1, precommits: 1 });
  });
});
