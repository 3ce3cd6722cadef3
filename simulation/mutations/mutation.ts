import { LEDGER_MUTATIONS } from './ledger-mutations.ts';
import { ROUND_MUTATIONS } from './round-mutations.ts';
import { STAKE_MUTATIONS } from './stake-mutations.ts';
import { STORE_MUTATIONS } from './store-mutations.ts';
import { TRUST_MUTATIONS } from './trust-mutations.ts';
import type { Mutation } from './types.ts';

export type { Change, Mutation } from './types.ts';

/** Deliberate faults of the protocol. The simulator must see each of them within 200 seeds. */
export const MUTATIONS: readonly Mutation[] = [
  ...ROUND_MUTATIONS,
  ...STORE_MUTATIONS,
  ...TRUST_MUTATIONS,
  ...LEDGER_MUTATIONS,
  ...STAKE_MUTATIONS,
];
