import { pointer, type Findings } from '../report/findings.ts';
import { shown } from './encoding.ts';
import { readDecimal, readInteger } from './numbers.ts';
import { isShape } from './shape.ts';

export interface ForeignCoin {
  readonly denom: string;
  readonly amount: bigint;
}

/** Most that an `sdk.Int` holds. */
const AMOUNT_LIMIT = 2n ** 256n;
const DENOMINATION = /^[a-zA-Z][a-zA-Z0-9/:._-]{2,127}$/;

/** Denominations that were looked at: a million accounts hold a handful of them. */
const SEEN_MAX = 1_024;

/** Reads lists of coins, noting what is wrong with each place. */
export class CoinReader {
  readonly #findings: Findings;
  readonly #isLegacy: boolean;
  readonly #seen = new Set<string>();

  /** @param isLegacy of the generations (to SDK 0.39) that took coins in any order, and coins of nothing */
  constructor(findings: Findings, isLegacy: boolean) {
    this.#findings = findings;
    this.#isLegacy = isLegacy;
  }

  /** @param path of the list; made only when there is something to say */
  list(value: unknown, path: () => string): readonly ForeignCoin[] {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) {
      this.#findings.add('foreign.amount', path(), `expected a list of coins, found ${shown(value)}`);
      return [];
    }
    const coins: ForeignCoin[] = [];
    for (const [i, item] of (value as unknown[]).entries()) {
      const coin = this.coin(item, () => pointer(path(), i));
      if (coin === undefined) continue;
      const before = coins.at(-1);
      // Go compares bytes; denominations are ASCII.
      if (before !== undefined && before.denom >= coin.denom) this.#order(coins, coin, pointer(path(), i));
      if (coin.amount === 0n)
        this.#findings.add(
          this.#isLegacy ? 'foreign.legacy-coins' : 'foreign.zero-coin',
          `${pointer(path(), i)}/amount`,
          `the coin holds no ${coin.denom}`,
        );
      coins.push(coin);
    }
    return coins;
  }

  #order(coins: readonly ForeignCoin[], { denom }: ForeignCoin, path: string): void {
    if (coins.some((other) => other.denom === denom))
      this.#findings.add(
        'foreign.amount',
        `${path}/denom`,
        `${denom} stands in the list twice; add the coins up`,
      );
    else
      this.#findings.add(
        this.#isLegacy ? 'foreign.legacy-coins' : 'foreign.coin-order',
        `${path}/denom`,
        `${denom} belongs before ${coins.at(-1)?.denom ?? ''}`,
      );
  }

  coin(value: unknown, path: () => string): ForeignCoin | undefined {
    if (!isShape(value)) {
      this.#findings.add(
        'foreign.amount',
        path(),
        `expected a coin { denom, amount }, found ${shown(value)}`,
      );
      return undefined;
    }
    const { denom } = value;
    const amount = readInteger(value['amount']);
    const isSound = amount !== undefined && amount >= 0n && amount < AMOUNT_LIMIT;
    if (!isSound)
      this.#findings.add(
        'foreign.amount',
        pointer(path(), 'amount'),
        `${shown(value['amount'])} is not a whole amount as text`,
      );
    return this.denomination(denom, () => pointer(path(), 'denom')) && isSound
      ? { denom: denom as string, amount }
      : undefined;
  }

  denomination(value: unknown, path: () => string): boolean {
    if (typeof value === 'string' && (this.#seen.has(value) || DENOMINATION.test(value))) {
      if (this.#seen.size < SEEN_MAX) this.#seen.add(value);
      return true;
    }
    this.#findings.add('foreign.denomination', path(), `${shown(value)} cannot be a denomination`);
    return false;
  }

  /** Coins with fractions, as pools and rewards hold them. */
  decimals(value: unknown, path: string): void {
    for (const [i, item] of (Array.isArray(value) ? (value as unknown[]) : []).entries()) {
      const at = pointer(path, i);
      const amount = isShape(item) ? readDecimal(item['amount']) : undefined;
      if (amount === undefined || amount < 0n)
        this.#findings.add('foreign.amount', pointer(at, 'amount'), 'expected a decimal amount as text');
      if (isShape(item)) this.denomination(item['denom'], () => pointer(at, 'denom'));
    }
  }
}
