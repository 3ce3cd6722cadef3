/** A deliberate fault of the protocol: text of a source file, and what stands there instead. */
export interface Change {
  /** Path from the root of the project. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
}

/** A fault that the simulator must see. */
export interface Mutation {
  readonly name: string;
  readonly about: string;
  readonly changes: readonly Change[];
  /** The profile under which it shows, and how many validators, where not the profile's own. */
  readonly profile: string;
  readonly validators?: number;
  readonly heights?: number;
}

const CORE = 'services/consensus/domain';

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'skip-lock-rule',
    about: 'prevotes for a fresh value in spite of a lock (L23)',
    profile: 'mixed',
    changes: [
      {
        file: `${CORE}/round-rules.ts`,
        from: 'return proposal.timely && (state.lockedRound === -1 || state.lockedValue === proposal.value);',
        to: 'return proposal.timely && (state.lockedRound >= -1);',
      },
    ],
  },
];
