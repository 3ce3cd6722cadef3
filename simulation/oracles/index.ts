import { agreement } from './agreement.ts';
import { durability } from './durability.ts';
import { evidence } from './evidence.ts';
import { halts } from './halts.ts';
import { liveness } from './liveness.ts';
import { locks } from './locks.ts';
import { memory } from './memory.ts';
import type { MakeOracle } from './oracle.ts';
import { ownVotes } from './own-votes.ts';
import { speech } from './speech.ts';
import { stateEntries } from './state-entries.ts';
import { stateRoots } from './state-roots.ts';
import { supply } from './supply.ts';
import { transactions } from './transactions.ts';
import { validatorSets } from './validator-sets.ts';
import { validity } from './validity.ts';

/** All of them judge every run. */
export const ORACLES: readonly MakeOracle[] = [
  agreement,
  validity,
  ownVotes,
  locks,
  speech,
  durability,
  stateRoots,
  stateEntries,
  validatorSets,
  supply,
  transactions,
  evidence,
  liveness,
  memory,
  halts,
];
