import type { Mutation } from './types.ts';

const RULES = 'services/consensus/domain/round-rules.ts';
const TALLY = 'services/consensus/domain/tally.ts';
const KEEPER = 'services/consensus/domain/vote-keeper.ts';
const CHECKS = 'services/consensus/driver/message-checks.ts';
const TIMING = 'services/consensus/driver/timing.ts';
const RELAY = 'services/consensus/driver/relay.ts';

/** Faults in the rules of arXiv:1807.04938. */
export const ROUND_MUTATIONS: readonly Mutation[] = [
  {
    name: 'skip-lock-rule',
    about: 'prevotes for a fresh value in spite of a lock (L23)',
    profile: 'mixed',
    changes: [
      {
        file: RULES,
        from: 'return proposal.timely && (state.lockedRound === -1 || state.lockedValue === proposal.value);',
        to: 'return proposal.timely && state.lockedRound >= -1;',
      },
    ],
  },
  {
    name: 'skip-proof-of-lock',
    about: 'believes in a proof of lock that nobody gave (L28)',
    profile: 'mixed',
    changes: [
      {
        file: RULES,
        from: "    if (!isFresh && !hasQuorum(draft, 'prevote', proposal.polRound, proposal.value)) continue; // L28\n",
        to: '',
      },
      {
        file: RULES,
        from: 'return state.lockedRound <= proposal.polRound || state.lockedValue === proposal.value;',
        to: 'return state.lockedRound >= -1 || state.lockedValue === proposal.value;',
      },
    ],
  },
  {
    name: 'forget-valid-block',
    about: 'does not remember the block that prevotes made valid (L42, L43)',
    profile: 'mixed',
    changes: [{ file: RULES, from: '{ validValue: proposal.value, validRound: round }', to: '{}' }],
  },
  {
    name: 'precommit-on-a-third',
    about: 'locks and precommits with prevotes of more than a third (L36)',
    profile: 'mixed',
    changes: [
      {
        file: RULES,
        from: "state.validity.get(value) === 'valid' && hasQuorum(draft, 'prevote', round, value),",
        to: "state.validity.get(value) === 'valid' && 3 * powerFor(tallyOf(state.votes, 'prevote', round), value) > state.setting.totalPower,",
      },
    ],
  },
  {
    name: 'prevote-invalid',
    about: 'prevotes for blocks that are invalid (L23)',
    profile: 'byzantine',
    changes: [
      {
        file: RULES,
        from: "mayVote && validity === 'valid' ? proposal.value",
        to: 'mayVote ? proposal.value',
      },
    ],
  },
  {
    name: 'two-thirds-quorum',
    about: 'takes two thirds of the power for more than two thirds',
    profile: 'mixed',
    validators: 6,
    changes: [{ file: TALLY, from: 'power * 3 > totalPower * 2', to: 'power * 3 >= totalPower * 2' }],
  },
  {
    name: 'count-a-vote-twice',
    about: 'counts a vote as often as it comes',
    profile: 'mixed',
    changes: [
      {
        file: CHECKS,
        from: '  if (book.voteFor(kind, round, index, value) !== undefined) return false;\n',
        to: '',
      },
      {
        file: KEEPER,
        from: "  if (hasVoteFor(tally, vote.validator, vote.value)) return { keeper, outcome: { kind: 'duplicate' } };\n",
        to: '',
      },
    ],
  },
  {
    name: 'skip-timestamp-check',
    about: 'holds every proposal timely',
    profile: 'byzantine',
    changes: [
      {
        file: TIMING,
        from: 'if (place.polRound >= 0) return true;',
        to: 'if (place.polRound >= -1) return true;',
      },
    ],
  },
  {
    name: 'no-retransmission',
    about: 'does not send votes that a peer lacks',
    profile: 'lossy',
    changes: [
      {
        file: RELAY,
        from: "    for (const vote of votes) send(encodeMessage({ kind: 'vote', vote }));\n",
        to: '',
      },
    ],
  },
];
