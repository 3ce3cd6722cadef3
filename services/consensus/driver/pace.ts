import {
  PACE_PAUSE_MS_MAX,
  PACE_PAUSE_MS_PER_TRANSACTION,
  PACE_TRANSACTIONS_MIN,
  PACE_TRANSACTIONS_START,
} from '../limits.ts';

/** How a height went, as this node saw it. */
export interface HeightOutcome {
  readonly round: number;
  readonly transactions: number;
  /** Milliseconds from the arrival of the proposal to the end of its finalisation here. */
  readonly processingMs: number;
}

/**
 * When the next block is begun and how many transactions it takes.
 *
 * When: a transaction that comes alone has its block at once. Under load blocks wait for company, since each costs
 * signatures, synced writes and the upper part of the state tree whatever is in it.
 *
 * How many: what the validators can verify, vote on and write within the time that the chain's parameters allow
 * for a round; more while full blocks pass with time to spare, fewer after a round that failed or took too long
 * (the increase and decrease of TCP's congestion control, RFC 5681).
 */
export class Pace {
  #transactions = PACE_TRANSACTIONS_START;
  #lastTransactions = 0;

  /** Milliseconds between the end of the height before and the start of the next, when transactions wait. */
  pauseMs(): number {
    return Math.min(PACE_PAUSE_MS_MAX, this.#lastTransactions * PACE_PAUSE_MS_PER_TRANSACTION);
  }

  /** @param max the ledger's own limit */
  transactions(max: number): number {
    return Math.min(max, this.#transactions);
  }

  /** @param roundMs the time that a proposal may take: the propose timeout */
  observe({ round, transactions, processingMs }: HeightOutcome, roundMs: number): void {
    this.#lastTransactions = transactions;
    if (round > 0 && transactions > 0) this.#atMost(transactions / 2);
    else if (processingMs > roundMs) this.#atMost((transactions * roundMs) / processingMs);
    else if (processingMs < roundMs / 2 && transactions >= this.#transactions / 2) this.#transactions *= 2;
    this.#transactions = Math.min(Math.max(Math.floor(this.#transactions), PACE_TRANSACTIONS_MIN), 2 ** 30);
  }

  #atMost(transactions: number): void {
    if (transactions >= PACE_TRANSACTIONS_MIN)
      this.#transactions = Math.min(this.#transactions, transactions);
  }
}
