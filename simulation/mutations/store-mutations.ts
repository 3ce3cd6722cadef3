import type { Mutation } from './types.ts';

const RUN = 'services/consensus/driver/height-run.ts';
const DRIVER = 'services/consensus/driver/consensus.ts';
const GUARD = 'services/consensus/store/last-sign-guard.ts';
const EARLY = 'services/consensus/driver/early-messages.ts';
const FINALISE = 'services/block/chain/finalise.ts';
const MEMPOOL = 'services/transaction/mempool/mempool.ts';

/** Faults in what is written, when, and how much is kept. */
export const STORE_MUTATIONS: readonly Mutation[] = [
  {
    name: 'vote-before-log',
    about: 'lets votes leave before the write-ahead log is synced',
    profile: 'crashes',
    changes: [
      {
        file: RUN,
        from: '    await log.sync();\n    const signing = signedVote(',
        to: '    const signing = signedVote(',
      },
    ],
  },
  {
    name: 'forget-the-log',
    about: 'does not replay the write-ahead log at a restart',
    profile: 'crashes',
    changes: [
      {
        file: DRIVER,
        from: 'return records.map(decodeLogEntry).flatMap(({ height, entry }) => (height === next ? [entry] : []));',
        to: 'return records.map(decodeLogEntry).flatMap(({ height, entry }) => (height === -next ? [entry] : []));',
      },
    ],
  },
  {
    name: 'sign-guard-off',
    about: 'signs whatever consensus asks',
    profile: 'lost-logs',
    changes: [
      {
        file: GUARD,
        from: 'const order = compareRequests(request, last);',
        to: 'const order = 1 + 0 * compareRequests(request, last);',
      },
    ],
  },
  {
    name: 'sign-record-unsynced',
    about: 'releases signatures before their record is synced',
    profile: 'crashes',
    changes: [{ file: GUARD, from: '      await this.#file.sync();\n', to: '' }],
  },
  {
    name: 'finalise-without-sync',
    about: 'calls a block final before it is on disk',
    profile: 'crashes',
    changes: [
      {
        file: FINALISE,
        from: 'await engine.write(batch, { sync: true });',
        to: 'await engine.write(batch);',
      },
    ],
  },
  {
    name: 'forget-acknowledged-transactions',
    about: 'acknowledges transactions without a journal',
    profile: 'crashes',
    changes: [
      {
        file: MEMPOOL,
        from: "      if (source.startsWith('api:')) await this.#remember(admitted);\n",
        to: '',
      },
    ],
  },
  {
    name: 'unbounded-early-messages',
    about: 'keeps as many messages of the next height as come',
    profile: 'floods',
    changes: [{ file: EARLY, from: 'if (!this.hasRoom(message.peer, size)) return false;', to: '' }],
  },
];
