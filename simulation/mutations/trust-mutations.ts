import type { Mutation } from './types.ts';

const CHECKS = 'services/consensus/driver/message-checks.ts';
const HEADER = 'services/block/domain/verify-header.ts';
const VALIDATE = 'services/block/chain/validate.ts';
const OPEN_FINAL = 'services/block/sync/open-final.ts';
const EVIDENCE = 'services/block/chain/evidence-judge.ts';
const EQUIVOCATIONS = 'services/consensus/driver/equivocations.ts';
const CHUNKS = 'services/block/state-sync/chunk-download.ts';
const PAST = 'services/block/state-sync/past-headers.ts';
const RESTORE = 'services/blockchain/restore/restore-state.ts';
const FETCH = 'services/transaction/gossip/fetch.ts';

/** Faults in what is believed of others. */
export const TRUST_MUTATIONS: readonly Mutation[] = [
  {
    name: 'unverified-votes',
    about: 'does not verify the signatures of votes',
    profile: 'byzantine',
    changes: [
      {
        file: CHECKS,
        from: 'if (verifier.verify({ publicKey, digest, signature: vote.signature })) return ok(undefined);',
        to: 'if (verifier.verify({ publicKey, digest, signature: vote.signature }) || true) return ok(undefined);',
      },
    ],
  },
  {
    name: 'unverified-commit-in-sync',
    about: 'takes the blocks of a peer without a valid commit',
    profile: 'mixed',
    changes: [{ file: OPEN_FINAL, from: 'if (!proven.ok) throw proven.error;', to: '' }],
  },
  {
    name: 'unverified-last-commit',
    about: 'does not verify the commit that a block carries',
    profile: 'byzantine',
    changes: [
      {
        file: VALIDATE,
        from: 'if (lastCommit === undefined || last.validators === undefined) return ok(undefined);',
        to: 'if (lastCommit === undefined || last.validators !== null) return ok(undefined);',
      },
    ],
  },
  {
    name: 'any-state-root',
    about: 'does not compare the state root of a header',
    profile: 'byzantine',
    changes: [
      {
        file: HEADER,
        from: "    ['wrong-state-root', 'state root', header.stateRoot, basis.stateRoot ?? header.stateRoot],\n",
        to: '',
      },
    ],
  },
  {
    name: 'trust-unchecked-snapshot',
    about: 'believes the chunks of a snapshot, and the state that they make',
    profile: 'joins',
    changes: [
      { file: CHUNKS, from: ' && verifyChunk(stateRoot, chunk)', to: ' && stateRoot !== undefined' },
      {
        file: RESTORE,
        from: 'if (!equalBytes(tree.rootHash, stateRoot)) {',
        to: 'if (stateRoot === undefined) {',
      },
    ],
  },
  {
    name: 'unlinked-past-headers',
    about: 'believes the headers of before a snapshot that a peer gives',
    profile: 'joins',
    changes: [
      { file: PAST, from: 'if (!equalBytes(hash, after.parentHash)) {', to: 'if (hash.length === 0) {' },
    ],
  },
  {
    name: 'any-parent',
    about: 'does not compare the parent of a header',
    profile: 'byzantine',
    changes: [
      { file: HEADER, from: "    ['wrong-parent', 'parent', header.parentHash, basis.blockHash],\n", to: '' },
    ],
  },
  {
    name: 'unverified-transactions',
    about: 'takes fetched transactions whatever their signature',
    profile: 'byzantine',
    changes: [{ file: FETCH, from: 'if (forged !== undefined) {', to: 'if (forged === null) {' }],
  },
  {
    name: 'drop-evidence',
    about: 'does not report votes and proposals that contradict each other',
    profile: 'byzantine',
    changes: [{ file: EQUIVOCATIONS, from: '  if (made !== undefined) evidence.report(made);\n', to: '' }],
  },
  {
    name: 'unverified-evidence',
    about: 'takes evidence whatever its signatures',
    profile: 'byzantine',
    changes: [{ file: EVIDENCE, from: '      if (!valid.ok) return valid;\n', to: '' }],
  },
  {
    name: 'evidence-twice',
    about: 'takes evidence of what is recorded already',
    profile: 'byzantine',
    changes: [
      { file: EVIDENCE, from: '    if (!hasNew) return err(alreadyRecorded(evidence));\n', to: '' },
      {
        file: EVIDENCE,
        from: 'const isNew = fresh.some((key) => !seen.has(key));',
        to: 'const isNew = seen.size >= 0;',
      },
    ],
  },
  {
    name: 'evidence-of-any-age',
    about: 'takes evidence of what was long ago',
    profile: 'byzantine',
    changes: [
      {
        file: EVIDENCE,
        from: 'if (ageMs <= evidenceMaxAgeMs) return undefined;',
        to: 'if (ageMs >= 0) return undefined;',
      },
    ],
  },
];
