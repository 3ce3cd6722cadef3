import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeHeightContext } from '../driver/height-context.ts';
import { coreVote, beginHeight } from '../driver/replay.ts';
import { isNewVote } from '../driver/message-checks.ts';
import { step } from '../domain/core.ts';
import { ROUNDS_AHEAD_MAX } from '../limits.ts';
import type { LogEntry } from '../store/log-entries.ts';
import type { SignedVote } from '../wire/messages.ts';
import { decodeFakeBlock, fakeChain } from './fake-chain.ts';
import { GENESIS_HASH, PARAMETERS, testKey, World } from './world.ts';

const FAR = ROUNDS_AHEAD_MAX + 5;

/** The context of height 1 for validator 3, which does not propose in round 0. */
function contextOf() {
  const { set } = new World({ validators: 4 });
  const genesis = { hash: GENESIS_HASH, timeMs: 0 };
  const chain = fakeChain({ blocks: [] }, set, PARAMETERS, genesis, () => true);
  return makeHeightContext(chain.tip(), testKey(3).publicKey, 0);
}

function voteOf(round: number, validatorIndex: number, fill?: number): SignedVote {
  const blockHash = fill === undefined ? undefined : new Uint8Array(32).fill(fill);
  return {
    body: { kind: 'prevote', height: 1, round, blockHash },
    validatorIndex,
    signature: new Uint8Array(64),
  };
}

const begin = (entries: readonly LogEntry[]) => {
  const context = contextOf();
  return { context, ...beginHeight(context, entries, decodeFakeBlock) };
};

describe('replay of the log (CONS-10)', () => {
  it('without entries begins the height and asks for its first timer', () => {
    const { core, effects } = begin([]);
    assert.equal(core.step, 'waiting');
    assert.deepEqual(
      effects.map(({ kind }) => kind),
      ['entered', 'schedule-timeout'],
    );
  });

  it('asks again for what was not done, and not for what was', () => {
    const entries: LogEntry[] = [
      { kind: 'transactions-available' },
      { kind: 'timeout', timeout: { kind: 'propose', round: 0 } },
    ];
    const unsaid = begin(entries);
    assert.equal(unsaid.core.step, 'prevote');
    assert.deepEqual(
      unsaid.effects.filter(({ kind }) => kind === 'vote'),
      [{ kind: 'vote', vote: 'prevote', round: 0, value: undefined }],
    );
    assert.equal(
      unsaid.effects.some(({ kind }) => kind === 'schedule-timeout'),
      false,
    );
    const said = begin([...entries, { kind: 'vote', vote: voteOf(0, 3) }]);
    assert.equal(
      said.effects.some(({ kind }) => kind === 'vote'),
      false,
    );
  });

  it('takes a vote of a far round again once the round is near', () => {
    const vote = voteOf(FAR, 0);
    const { context, core } = begin([{ kind: 'vote', vote }]);
    assert.deepEqual(context.book.votesAt('prevote', FAR, 0), []);
    assert.equal(isNewVote(vote, context, core), false);
    const other = coreVote(voteOf(FAR, 1));
    const { state } = step(core, { kind: 'vote', height: 1, vote: other });
    assert.equal(state.round, FAR);
    assert.equal(isNewVote(vote, context, state), true);
  });

  it('takes the second vote of an equivocator again once its block is proposed', () => {
    const second = voteOf(0, 0, 2);
    const { context, core } = begin([
      { kind: 'vote', vote: voteOf(0, 0, 1) },
      { kind: 'vote', vote: second },
    ]);
    assert.equal(context.book.votesAt('prevote', 0, 0).length, 1);
    const proposal = { round: 0, value: '02'.repeat(32), polRound: -1, timely: true };
    const { state } = step(core, { kind: 'proposal', height: 1, proposal });
    assert.equal(isNewVote(second, context, state), true);
  });

  it('refuses a log whose block cannot be read', () => {
    const entries: LogEntry[] = [{ kind: 'block', block: new Uint8Array(3) }];
    assert.throws(() => begin(entries), { code: 'consensus.log-corrupt' });
  });
});
