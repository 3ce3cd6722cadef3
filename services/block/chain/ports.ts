import type { Ledger } from '#services/blockchain';

/** What the chain needs of the ledger. */
export type ChainLedger = Pick<
  Ledger,
  'tip' | 'execute' | 'beginRun' | 'stage' | 'committed' | 'accounts' | 'offencesRecorded'
>;
