import type { Mutation } from './types.ts';

const END_BLOCK = 'services/validator/domain/end-block.ts';
const SELECT = 'services/validator/domain/epoch/select-validators.ts';
const SLASH = 'services/validator/domain/slashing/slash.ts';
const MATURITY = 'services/validator/domain/maturity.ts';
const PAY = 'services/validator/domain/rewards/pay-delegation.ts';
const EXECUTE = 'services/blockchain/domain/execute.ts';

/** The ledger looks at what each block conserves; the simulator must see it without. */
const UNSEEN = {
  file: EXECUTE,
  from: 'invariant(difference === 0n,',
  to: 'invariant(difference !== null,',
} as const;

/** Faults in who validates, and in what is paid and burnt. */
export const STAKE_MUTATIONS: readonly Mutation[] = [
  {
    name: 'wrong-epoch-set',
    about: 'counts votes by the set of the epoch before',
    profile: 'mixed',
    changes: [
      {
        file: END_BLOCK,
        from: "const set = setOfView(view, 'current');",
        to: "const set = setOfView(view, 'before');",
      },
    ],
  },
  {
    name: 'unbounded-churn',
    about: 'lets more power come in an epoch than light clients can follow',
    profile: 'mixed',
    changes: [
      {
        file: SELECT,
        from: 'const isFree = total === 0 || maxChurnBasisPoints >= BASIS_POINTS;',
        to: 'const isFree = total >= 0 || maxChurnBasisPoints >= BASIS_POINTS;',
      },
    ],
  },
  {
    name: 'slash-not-applied',
    about: 'says what is burnt of bonded stake, and does not take it',
    profile: 'mixed',
    changes: [
      {
        file: SLASH,
        from: '  view.set(POOLS, { ...pool, stake: pool.stake - cut }, operator);\n',
        to: '',
      },
      {
        file: SLASH,
        from: 'bonded: totals.bonded - cut, burnt: totals.burnt + cut }',
        to: 'bonded: totals.bonded, burnt: totals.burnt }',
      },
    ],
  },
  {
    name: 'rewards-from-nothing',
    about: 'pays rewards twice and takes them from the pool once, and does not look',
    profile: 'calm',
    changes: [
      {
        file: PAY,
        from: '  payOut(view, delegator, due);\n',
        to: '  payOut(view, delegator, due);\n  view.credit(delegator, due);\n',
      },
      UNSEEN,
    ],
  },
  {
    name: 'unbonding-paid-twice',
    about: 'pays out twice what is released once, and does not look',
    profile: 'calm',
    changes: [
      {
        file: MATURITY,
        from: '  view.credit(delegator, tokens);\n',
        to: '  view.credit(delegator, tokens);\n  view.credit(delegator, tokens);\n',
      },
      UNSEEN,
    ],
  },
];
