interface Entry {
  readonly operator: string;
  readonly account: string;
  readonly epoch: number;
  readonly endMs: number;
  amount: bigint;
}

interface Pool {
  tokens: bigint;
  /** A slash took a part: entries are worth less than they began with. */
  isCut: boolean;
}

/** Stake on its way out: who is due what and when, by a plain definition of STAKE-5 and STAKE-6. */
export class ReleaseModel {
  readonly #periodMs: number;
  #entries: Entry[] = [];
  /** What left a validator in an epoch, by operator and epoch. */
  readonly #pools = new Map<string, Map<number, Pool>>();

  constructor(periodMs: number) {
    this.#periodMs = periodMs;
  }

  get total(): bigint {
    let sum = 0n;
    for (const byEpoch of this.#pools.values()) for (const { tokens } of byEpoch.values()) sum += tokens;
    return sum;
  }

  begin(operator: string, account: string, epoch: number, timeMs: number, amount: bigint): void {
    const endMs = timeMs + this.#periodMs;
    const same = this.#entries.find(
      (entry) => entry.operator === operator && entry.account === account && entry.endMs === endMs,
    );
    if (same !== undefined) same.amount += amount;
    else this.#entries.push({ operator, account, epoch, endMs, amount });
    const byEpoch = this.#pools.get(operator) ?? new Map<number, Pool>();
    this.#pools.set(operator, byEpoch);
    const pool = byEpoch.get(epoch) ?? { tokens: 0n, isCut: false };
    byEpoch.set(epoch, { ...pool, tokens: pool.tokens + amount });
  }

  /**
   * Cuts what left a validator in an epoch or later, the oldest first; of what left before, the latest, as much as the
   * power at the fault lacks without it (SLASH-7).
   *
   * @param missing base units of that power which are not bonded
   * @param cutOf what is taken of tokens, after so much was taken already
   * @returns base units taken
   */
  slash(
    operator: string,
    { since, missing }: { since: number; missing: bigint },
    cutOf: (tokens: bigint, taken: bigint) => bigint,
  ): bigint {
    let taken = 0n;
    const pools = [...(this.#pools.get(operator) ?? [])].toSorted(([a], [b]) => a - b);
    const answering = new Map<number, bigint>();
    let left = missing;
    for (const [epoch, { tokens }] of pools.toReversed()) {
      const lacking = left > 0n ? left : 0n;
      const amount = epoch >= since || tokens < lacking ? tokens : lacking;
      answering.set(epoch, amount);
      left -= amount;
    }
    for (const [epoch, pool] of pools) {
      const cut = cutOf(answering.get(epoch) ?? 0n, taken);
      if (cut === 0n) continue;
      pool.tokens -= cut;
      pool.isCut = true;
      taken += cut;
    }
    return taken;
  }

  /** A payment. @returns what is wrong with it, and what is left of the pool that belongs to nobody */
  end(operator: string, account: string, timeMs: number, amount: bigint): { wrong?: string; left: bigint } {
    const at = this.#entries.findIndex(
      (entry) => entry.operator === operator && entry.account === account && entry.endMs <= timeMs,
    );
    const entry = this.#entries[at];
    const byEpoch = this.#pools.get(operator);
    const pool = entry && byEpoch?.get(entry.epoch);
    if (entry === undefined || pool === undefined || byEpoch === undefined)
      return { wrong: `${account} was paid ${amount} of stake at ${operator} that it is not due`, left: 0n };
    this.#entries.splice(at, 1);
    if (pool.isCut ? amount > entry.amount || amount > pool.tokens : amount !== entry.amount)
      return {
        wrong: `${account} was paid ${amount} of stake at ${operator}, not ${entry.amount}`,
        left: 0n,
      };
    pool.tokens -= amount;
    const isLast = !this.#entries.some((other) => other.operator === operator && other.epoch === entry.epoch);
    if (!isLast) return { left: 0n };
    byEpoch.delete(entry.epoch);
    return { left: pool.tokens };
  }

  /** What should have been paid by now. */
  overdue(timeMs: number): string | undefined {
    const entry = this.#entries.find(({ endMs }) => endMs <= timeMs);
    return (
      entry && `${entry.account} was due ${entry.amount} of stake at ${entry.operator} by ${entry.endMs}`
    );
  }
}
