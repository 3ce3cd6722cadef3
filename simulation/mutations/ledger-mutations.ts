import type { Mutation } from './types.ts';

const LEDGER = 'services/blockchain/ledger/ledger.ts';
const STATE_RUN = 'services/blockchain/ledger/state-run.ts';
const PENDING = 'services/blockchain/ledger/pending-entries.ts';
const EXECUTE_BLOCK = 'services/blockchain/ledger/execute-block.ts';
const EXECUTE = 'services/blockchain/domain/execute.ts';

/** Faults in what blocks do to the state. */
export const LEDGER_MUTATIONS: readonly Mutation[] = [
  {
    name: 'execute-on-stale-parent',
    about: 'executes a block on the state before the one that it builds on',
    profile: 'mixed',
    changes: [
      {
        file: LEDGER,
        from: '    (this.#tree as StateTree).adopt(update);\n    for (const [id',
        to: '    for (const [id',
      },
    ],
  },
  {
    name: 'stale-accounts',
    about: 'keeps accounts in memory as they were before a block',
    profile: 'calm',
    changes: [
      {
        file: LEDGER,
        from: 'for (const [id, account] of accounts) this.#cache.set(id, account);',
        to: '',
      },
    ],
  },
  {
    name: 'run-forgets-accounts',
    about: 'executes each block of a run on the accounts from before the run',
    profile: 'mixed',
    changes: [
      {
        file: STATE_RUN,
        from: 'this.#accounts.get(id)?.account);',
        to: 'this.#accounts.get(`${id}?`)?.account);',
      },
    ],
  },
  {
    name: 'run-forgets-records',
    about: 'executes each block of a run on the records of stake from before the run',
    profile: 'mixed',
    changes: [
      {
        file: PENDING,
        from: "if (family !== 'state' || this.#size === 0) return",
        to: "if (family !== 'state' || this.#size >= 0) return",
      },
      { file: PENDING, from: "family === 'state' ? this.#within(options) : []", to: '[] as StateWrite[]' },
    ],
  },
  {
    name: 'any-nonce',
    about: 'executes transactions whatever their nonce',
    profile: 'byzantine',
    changes: [{ file: EXECUTE, from: 'if (nonce !== account.nonce) {', to: 'if (nonce < 0) {' }],
  },
  {
    name: 'lose-fees',
    about: 'forgets the fees of each block, and does not look',
    profile: 'calm',
    changes: [
      { file: EXECUTE_BLOCK, from: 'basis.feePool - given + view.fees;', to: 'basis.feePool - given;' },
      { file: EXECUTE, from: 'invariant(difference === 0n,', to: 'invariant(difference !== null,' },
    ],
  },
  {
    name: 'make-money',
    about: 'does not take from the sender what a transfer gives, and does not look',
    profile: 'calm',
    changes: [
      { file: EXECUTE, from: 'balance: from.balance - total }', to: 'balance: from.balance }' },
      { file: EXECUTE, from: 'invariant(difference === 0n,', to: 'invariant(difference !== null,' },
    ],
  },
];
