import type { Transaction } from '../domain/transaction.ts';

/** A transaction that waits. */
export interface Entry {
  readonly transaction: Transaction;
  /** Number of its arrival: smaller came earlier. */
  readonly arrival: number;
  /** Base units that the sender pays at most. */
  readonly cost: bigint;
  /** Lower-case hex of the sender's address. */
  readonly sender: string;
}

/** The order of blocks: the better price first, then the earlier arrival. */
export function paysBetter(a: Entry, b: Entry): boolean {
  const [priceA, priceB] = [a.transaction.gasPrice, b.transaction.gasPrice];
  return priceA === priceB ? a.arrival < b.arrival : priceA > priceB;
}
