import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { step } from '../domain/core.ts';
import { ROUNDS_AHEAD_MAX } from '../limits.ts';
import { CoreUnderTest, HEIGHT, settingOf } from './core-fixtures.ts';

/** A core of validator 3, which does not propose in the rounds used, in step propose of round 0. */
const begun = () => new CoreUnderTest(settingOf(3)).begin();

/** Locked on `a` in round 0 and then moved to round 1. */
const lockedOnA = () =>
  begun().proposal(0, 'a').validated('a').votes('prevote', 0, 'a', [0, 1, 2]).timeout('precommit', 0);

describe('waiting (CONS-1)', () => {
  it('schedules the empty block and says nothing before there is something to propose', () => {
    const core = new CoreUnderTest(settingOf(0));
    assert.deepEqual(core.timeouts, ['empty-block:0']);
    assert.equal(core.state.step, 'waiting');
    assert.equal(core.of('propose').length, 0);
  });

  it('ends with transactions, with the empty-block timeout, with a proposal, with a third of the votes', () => {
    assert.equal(new CoreUnderTest(settingOf(0)).begin().of('propose').length, 1);
    assert.equal(new CoreUnderTest(settingOf(0)).timeout('empty-block', 0).of('propose').length, 1);
    assert.equal(new CoreUnderTest(settingOf(3)).proposal(0, 'a').state.step, 'propose');
    const core = new CoreUnderTest(settingOf(3)).votes('prevote', 0, undefined, [0]);
    assert.equal(core.state.step, 'waiting');
    assert.equal(core.votes('prevote', 0, undefined, [1]).state.step, 'propose');
  });

  it('takes the end of the wait once', () => {
    assert.deepEqual(begun().begin().effects, []);
    assert.deepEqual(begun().timeout('empty-block', 0).effects, []);
  });
});

describe('L11 to L21: start of a round', () => {
  it('the proposer asks for a fresh value, others do not, both set the propose timeout (CONS-3)', () => {
    const proposer = new CoreUnderTest(settingOf(0)).begin();
    assert.deepEqual(proposer.of('propose'), [{ kind: 'propose', round: 0, value: undefined, polRound: -1 }]);
    assert.deepEqual(proposer.timeouts, ['propose:0']);
    assert.equal(begun().of('propose').length, 0);
    assert.deepEqual(begun().timeouts, ['propose:0']);
  });

  it('proposes the valid value again with its round (L16)', () => {
    const core = new CoreUnderTest(settingOf(1)).begin().proposal(0, 'a').validated('a');
    core.votes('prevote', 0, 'a', [0, 2, 3]).timeout('precommit', 0);
    assert.deepEqual(core.of('propose'), [{ kind: 'propose', round: 1, value: 'a', polRound: 0 }]);
  });
});

describe('L22 to L27: prevote on a fresh proposal', () => {
  it('waits for the application, then prevotes a valid value', () => {
    const core = begun().proposal(0, 'a');
    assert.deepEqual(core.said, []);
    assert.deepEqual(core.of('validate'), [{ kind: 'validate', round: 0, value: 'a' }]);
    assert.deepEqual(core.validated('a').said, ['prevote:0:a']);
  });

  it('prevotes nil for an invalid value', () => {
    assert.deepEqual(begun().proposal(0, 'a').validated('a', false).said, ['prevote:0:nil']);
  });

  it('prevotes nil for an untimely value (CONS-2), without waiting for the application', () => {
    assert.deepEqual(begun().proposal(0, 'a', { timely: false }).said, ['prevote:0:nil']);
  });

  it('prevotes nil for another value than the locked one, and the locked one again', () => {
    assert.deepEqual(lockedOnA().proposal(1, 'b').validated('b').said, []);
    assert.deepEqual(lockedOnA().proposal(1, 'b').said, ['prevote:1:nil']);
    assert.deepEqual(lockedOnA().proposal(1, 'a').said, ['prevote:1:a']);
  });

  it('prevotes only for the first fresh proposal of an equivocating proposer (CONS-7)', () => {
    const core = begun().proposal(0, 'a').votes('prevote', 0, 'b', [0, 1]).proposal(0, 'b').validated('b');
    assert.deepEqual(core.said, []);
    assert.deepEqual(core.validated('a').said, ['prevote:0:a']);
  });

  it('keeps a second proposal of a round only when a third of the power voted for it', () => {
    assert.equal(begun().proposal(0, 'a').proposal(0, 'b').state.proposals.get(0)?.length, 1);
    const core = begun().proposal(0, 'a').votes('prevote', 0, 'b', [0, 1]).proposal(0, 'b');
    assert.equal(core.state.proposals.get(0)?.length, 2);
  });
});

describe('L28 to L33: prevote on a proposal with a proof of lock', () => {
  const inRoundTwo = () => lockedOnA().votes('precommit', 1, undefined, [0, 1, 2]);

  it('waits for the prevotes of the proof', () => {
    const core = inRoundTwo().proposal(2, 'b', { polRound: 1 }).validated('b');
    assert.deepEqual(core.said, []);
    assert.deepEqual(core.votes('prevote', 1, 'b', [0, 1, 2]).said, ['prevote:2:b']);
  });

  it('unlocks for a proof newer than the lock only', () => {
    const core = new CoreUnderTest(settingOf(3)).begin().votes('precommit', 0, undefined, [0, 1, 2]);
    core.proposal(1, 'a').validated('a').votes('prevote', 1, 'a', [0, 1, 2]);
    assert.equal(core.state.lockedRound, 1);
    core.votes('precommit', 1, undefined, [0, 1, 2]);
    core.votes('prevote', 0, 'b', [0, 1, 2]).proposal(2, 'b', { polRound: 0 });
    assert.deepEqual(core.said, ['prevote:2:nil']);
  });

  it('prevotes nil when the value is invalid', () => {
    const core = inRoundTwo().votes('prevote', 1, 'b', [0, 1, 2]).proposal(2, 'b', { polRound: 1 });
    assert.deepEqual(core.validated('b', false).said, ['prevote:2:nil']);
  });

  it('does not ask that an older value is timely', () => {
    const core = inRoundTwo().votes('prevote', 1, 'b', [0, 1, 2]);
    core.proposal(2, 'b', { polRound: 1, timely: false });
    assert.deepEqual(core.validated('b').said, ['prevote:2:b']);
  });

  it('refuses a proof from its own or a later round', () => {
    assert.equal(begun().proposal(0, 'a', { polRound: 0 }).state.proposals.size, 0);
    assert.equal(begun().proposal(0, 'a', { polRound: 3 }).state.proposals.size, 0);
  });
});

describe('L34 to L46: prevotes', () => {
  it('sets the prevote timeout once for 2/3 of anything (L34)', () => {
    const core = begun().proposal(0, 'a').validated('a').votes('prevote', 0, 'a', [3, 0]);
    assert.deepEqual(core.timeouts, []);
    assert.deepEqual(core.votes('prevote', 0, undefined, [1]).timeouts, ['prevote:0']);
    assert.deepEqual(core.votes('prevote', 0, undefined, [2]).timeouts, []);
  });

  it('locks and precommits on 2/3 for a valid proposal (L36)', () => {
    const core = begun().proposal(0, 'a').validated('a').votes('prevote', 0, 'a', [3, 0]);
    assert.deepEqual(core.said, []);
    assert.deepEqual(core.votes('prevote', 0, 'a', [1]).said, ['precommit:0:a']);
    const { lockedValue, lockedRound, validValue, validRound } = core.state;
    assert.deepEqual(
      { lockedValue, lockedRound, validValue, validRound },
      {
        lockedValue: 'a',
        lockedRound: 0,
        validValue: 'a',
        validRound: 0,
      },
    );
  });

  it('exactly two thirds are not enough', () => {
    const core = new CoreUnderTest(settingOf(2, [1, 1, 1])).begin().proposal(0, 'a').validated('a');
    core.votes('prevote', 0, 'a', [0, 1]);
    assert.deepEqual(core.said, []);
    assert.deepEqual(core.votes('prevote', 0, 'a', [2]).said, ['precommit:0:a']);
  });

  it('counts power, not heads', () => {
    const core = new CoreUnderTest(settingOf(3, [10, 1, 1, 1])).begin().proposal(0, 'a').validated('a');
    core.votes('prevote', 0, 'a', [1, 2, 3]);
    assert.deepEqual(core.said, []);
    assert.deepEqual(core.votes('prevote', 0, 'a', [0]).said, ['precommit:0:a']);
  });

  it('keeps the value valid without locking after precommitting nil (L42)', () => {
    const core = begun().proposal(0, 'a').validated('a');
    core.votes('prevote', 0, undefined, [0]).votes('prevote', 0, 'a', [3, 1]).timeout('prevote', 0);
    assert.deepEqual(core.said, ['precommit:0:nil']);
    core.votes('prevote', 0, 'a', [2]);
    assert.equal(core.state.validValue, 'a');
    assert.equal(core.state.lockedValue, undefined);
    assert.deepEqual(core.said, []);
  });

  it('locks on a value it prevoted nil for when the block turns up late (L36)', () => {
    const core = begun().proposal(0, 'a').timeout('propose', 0);
    assert.deepEqual(core.votes('prevote', 0, 'a', [0, 1, 2]).said, []);
    assert.deepEqual(core.validated('a').said, ['precommit:0:a']);
  });

  it('precommits nil on 2/3 nil (L44)', () => {
    const core = begun().timeout('propose', 0);
    assert.deepEqual(core.votes('prevote', 0, undefined, [0, 1, 2]).said, ['precommit:0:nil']);
  });

  it('does not act on prevotes before it prevoted itself', () => {
    assert.deepEqual(begun().votes('prevote', 0, undefined, [0, 1, 2]).said, []);
    assert.deepEqual(begun().votes('prevote', 0, undefined, [0, 1, 2]).timeouts, []);
  });
});

describe('CONS-19: prevotes that are complete when their round is over', () => {
  /** Validator 1, which proposes in round 1 and 5, in round 1: of round 0 it has the block and two of four prevotes. */
  const inRoundOne = () => {
    const core = new CoreUnderTest(settingOf(1)).begin().proposal(0, 'a').validated('a');
    return core.votes('prevote', 0, 'a', [1, 0]).votes('precommit', 0, undefined, [0, 2, 3]);
  };

  it('make the block valid, without a lock and without a word', () => {
    const core = inRoundOne();
    assert.equal(core.state.validValue, undefined);
    core.votes('prevote', 0, 'a', [3]);
    const { validValue, validRound, lockedRound } = core.state;
    assert.deepEqual(
      { validValue, validRound, lockedRound },
      { validValue: 'a', validRound: 0, lockedRound: -1 },
    );
    assert.deepEqual(core.said, []);
  });

  it('bring a block back to which they locked a straggler', () => {
    const core = inRoundOne().votes('prevote', 0, 'a', [3]);
    for (const round of [1, 2, 3, 4]) core.votes('precommit', round, undefined, [0, 2, 3]);
    assert.deepEqual(core.of('propose'), [{ kind: 'propose', round: 5, value: 'a', polRound: 0 }]);
  });

  it('do so when the block comes after them', () => {
    const core = new CoreUnderTest(settingOf(3)).begin().votes('precommit', 0, undefined, [0, 1, 2]);
    core.votes('prevote', 0, 'a', [0, 1, 2]).proposal(0, 'a');
    assert.equal(core.state.validValue, undefined);
    assert.equal(core.validated('a').state.validValue, 'a');
  });

  it('count for nothing where the block is invalid, or another is valid of a later round', () => {
    const invalid = new CoreUnderTest(settingOf(3)).begin().votes('precommit', 0, undefined, [0, 1, 2]);
    invalid.proposal(0, 'a').validated('a', false).votes('prevote', 0, 'a', [0, 1, 2]);
    assert.equal(invalid.state.validValue, undefined);
    const later = inRoundOne().proposal(1, 'b').validated('b').votes('prevote', 1, 'b', [0, 2, 3]);
    assert.equal(later.votes('prevote', 0, 'a', [3]).state.validValue, 'b');
    assert.equal(later.state.validRound, 1);
  });

  it('are outdone by those of a later round that is over', () => {
    const core = inRoundOne().proposal(1, 'b').validated('b').votes('precommit', 1, undefined, [0, 2, 3]);
    core.votes('prevote', 0, 'a', [3]).votes('prevote', 1, 'b', [0, 2, 3]);
    assert.deepEqual([core.state.validValue, core.state.validRound], ['b', 1]);
  });
});

describe('L47 to L56: precommits and rounds', () => {
  it('sets the precommit timeout once for 2/3 of anything (L47), in any step', () => {
    const core = begun().votes('precommit', 0, 'a', [0]).votes('precommit', 0, undefined, [1, 2]);
    assert.deepEqual(core.timeouts, ['precommit:0']);
    assert.deepEqual(core.votes('precommit', 0, 'a', [3]).timeouts, []);
  });

  it('begins the next round at once on 2/3 nil (CONS-4)', () => {
    const core = begun().votes('precommit', 0, undefined, [0, 1, 2]);
    assert.equal(core.state.round, 1);
    assert.deepEqual(core.timeouts, ['propose:1']);
  });

  it('decides on 2/3 precommits for a valid value, of whichever round (L49, CONS-5)', () => {
    const core = begun()
      .proposal(0, 'a')
      .validated('a')
      .votes('precommit', 0, undefined, [2])
      .timeout('precommit', 0);
    assert.equal(core.state.round, 1);
    core.votes('precommit', 0, 'a', [0, 1]);
    assert.deepEqual(core.of('commit'), []);
    core.votes('precommit', 0, 'a', [3]);
    assert.deepEqual(core.of('commit'), [{ kind: 'commit', round: 0, value: 'a' }]);
    assert.equal(core.state.step, 'decided');
    assert.deepEqual(core.votes('precommit', 0, 'a', [2]).effects, []);
  });

  it('waits for the block of a decision', () => {
    const core = begun().votes('precommit', 0, 'a', [0, 1, 2]);
    assert.deepEqual(core.of('commit'), []);
    core.proposal(0, 'a').validated('a');
    assert.deepEqual(core.of('commit'), [{ kind: 'commit', round: 0, value: 'a' }]);
  });

  it('halts when 2/3 decide what is invalid here (CONS-5)', () => {
    const core = begun().proposal(0, 'a').validated('a', false).votes('precommit', 0, 'a', [0, 1, 2]);
    assert.deepEqual(core.of('halt'), [{ kind: 'halt', round: 0, value: 'a' }]);
    assert.deepEqual(core.of('commit'), []);
  });

  it('skips to a round that more than a third has reached (L55)', () => {
    const core = begun().votes('prevote', 3, undefined, [0]);
    assert.equal(core.state.round, 0);
    core.votes('precommit', 2, undefined, [1]);
    assert.equal(core.state.round, 2);
    assert.deepEqual(core.timeouts, ['propose:2']);
  });

  it('skips however far the others are, and keeps no votes of far rounds (CONS-6)', () => {
    const far = ROUNDS_AHEAD_MAX + 1000;
    const core = begun().votes('prevote', far, 'a', [0]);
    assert.equal(core.state.votes.rounds.size, 0);
    assert.equal(core.votes('prevote', far, 'a', [1]).state.round, far);
  });
});

describe('L57 to L67: timeouts', () => {
  it('prevotes nil when no proposal came (L57)', () => {
    assert.deepEqual(begun().timeout('propose', 0).said, ['prevote:0:nil']);
    assert.deepEqual(begun().timeout('propose', 0).timeout('propose', 0).said, []);
  });

  it('precommits nil when prevotes agree on nothing (L61)', () => {
    assert.deepEqual(begun().timeout('propose', 0).timeout('prevote', 0).said, ['precommit:0:nil']);
    assert.deepEqual(begun().timeout('prevote', 0).said, []);
  });

  it('begins the next round when precommits agree on nothing (L65)', () => {
    assert.equal(begun().timeout('precommit', 0).state.round, 1);
  });

  it('ignores timeouts of other rounds and heights', () => {
    const core = begun().timeout('precommit', 0);
    for (const kind of ['propose', 'prevote', 'precommit'] as const) {
      assert.deepEqual(core.timeout(kind, 0).effects, []);
    }
    const other = { kind: 'timeout', height: HEIGHT - 1, timeout: { kind: 'propose', round: 1 } } as const;
    assert.deepEqual(core.feed(other).effects, []);
  });
});

describe('votes', () => {
  it('reports a contradiction once a value and does not count what nobody proposed', () => {
    const core = begun().proposal(0, 'a').votes('prevote', 0, 'a', [0]).votes('prevote', 0, 'x', [0]);
    const evidence = { kind: 'evidence', vote: 'prevote', round: 0, validator: 0, first: 'a', second: 'x' };
    assert.deepEqual(core.effects, [evidence]);
    assert.equal(core.state.votes.rounds.get(0)?.prevote.powers.get('x'), undefined);
  });

  it('counts the other vote of an equivocator for a proposed value, so that others can agree', () => {
    const core = begun().proposal(0, 'a').validated('a').votes('precommit', 0, undefined, [0]);
    core.votes('precommit', 0, 'a', [1, 2]);
    assert.deepEqual(core.of('commit'), []);
    core.votes('precommit', 0, 'a', [0]);
    assert.equal(core.of('evidence').length, 1);
    assert.deepEqual(core.of('commit'), [{ kind: 'commit', round: 0, value: 'a' }]);
  });

  it('counts a repeated vote once', () => {
    const core = begun().votes('prevote', 0, 'a', [0, 0, 0, 0]);
    assert.equal(core.state.votes.rounds.get(0)?.prevote.total, 1);
  });

  it('counts an equivocator once in the total', () => {
    const core = begun()
      .timeout('propose', 0)
      .votes('prevote', 0, 'a', [0])
      .votes('prevote', 0, undefined, [0]);
    assert.deepEqual(core.votes('prevote', 0, undefined, [1]).timeouts, []);
    assert.equal(core.state.votes.rounds.get(0)?.prevote.total, 2);
  });

  it('exactly a third does not move a node to another round', () => {
    const core = new CoreUnderTest(settingOf(2, [1, 1, 1])).begin().votes('prevote', 2, undefined, [0]);
    assert.equal(core.state.round, 0);
    assert.equal(core.votes('prevote', 2, undefined, [1]).state.round, 2);
  });

  it('ignores an index outside the set', () => {
    assert.deepEqual(begun().votes('prevote', 0, 'a', [4]).effects, []);
  });
});

describe('observers and finality from elsewhere', () => {
  it('an observer decides and never votes or proposes', () => {
    const core = new CoreUnderTest(settingOf(undefined)).begin();
    assert.deepEqual(core.of('propose'), []);
    core.proposal(0, 'a').validated('a');
    assert.deepEqual(core.said, []);
    core.votes('prevote', 0, 'a', [0, 1, 2]);
    assert.deepEqual(core.said, []);
    assert.equal(core.votes('precommit', 0, 'a', [0, 1, 2]).of('commit').length, 1);
  });

  it('says nothing more in a height that block sync finalised', () => {
    const core = begun().feed({ kind: 'finalised-elsewhere', height: HEIGHT });
    assert.equal(core.state.step, 'decided');
    assert.deepEqual(core.proposal(0, 'a').effects, []);
    assert.deepEqual(core.timeout('propose', 0).effects, []);
  });

  it('is pure: the same state and input give the same result and leave the state alone', () => {
    const core = begun().proposal(0, 'a').validated('a');
    const { state } = core;
    const before = structuredClone({ ...state, setting: undefined });
    const vote = {
      kind: 'vote',
      height: HEIGHT,
      vote: { kind: 'prevote', round: 0, value: 'a', validator: 1 },
    } as const;
    assert.deepEqual(step(state, vote), step(state, vote));
    assert.deepEqual({ ...state, setting: undefined }, before);
  });
});
