import { pointer, type Findings } from '../report/findings.ts';
import { PrefixCheck, readAddress, type ForeignAddress } from './addresses.ts';
import { CoinReader, type ForeignCoin } from './coins.ts';
import { levelsOf, memberOf } from './account-levels.ts';
import { shown } from './encoding.ts';
import { at, isShape, listAt } from './shape.ts';

/** An account with its balance, wherever the file keeps it. There are a million of them: it holds no more than it must. */
export interface ForeignAccount {
  /** Position of its entry in the list of balances. */
  readonly index: number;
  /** Address, in lower case. */
  readonly text: string;
  readonly coins: readonly ForeignCoin[];
}

/** Where a generation of the SDK keeps balances. */
export type BalanceForm =
  /** `app_state.accounts`, to SDK 0.37. */
  | 'flat'
  /** `app_state.auth.accounts` in amino-JSON, SDK 0.38 and 0.39. */
  | 'amino'
  /** `app_state.bank.balances`, since SDK 0.40. */
  | 'bank';

export interface Accounts {
  readonly form: BalanceForm;
  readonly list: readonly ForeignAccount[];
  readonly byText: ReadonlyMap<string, ForeignAccount>;
  /** Sum of the balances by denomination. */
  readonly sums: ReadonlyMap<string, bigint>;
  /** Prefix that most of them have. */
  readonly prefix: string | undefined;
  readonly coinReader: CoinReader;
  /** JSON pointer of an account's entry. */
  readonly pathOf: (account: ForeignAccount) => string;
}

/** Reads every balance of a file. */
export function readAccounts(document: unknown, findings: Findings): Accounts {
  const { form, base, entries } = findBalances(document);
  const coinReader = new CoinReader(findings, form !== 'bank');
  const byText = new Map<string, ForeignAccount>();
  const list: ForeignAccount[] = [];
  const sums = new Map<string, bigint>();
  const prefixes = new PrefixCheck();
  const pathOf = ({ index }: ForeignAccount): string => pointer(base, index);
  for (const [i, entry] of entries.entries()) {
    const path = (): string => pointer(base, i);
    const { address, addressAt, coins } = readAccount(entry, path, coinReader, findings);
    for (const { denom, amount } of coins) sums.set(denom, (sums.get(denom) ?? 0n) + amount);
    if (address === undefined) continue;
    const addressPath = (): string => path() + addressAt;
    const account = { index: i, text: address.text, coins };
    list.push(account);
    prefixes.add(address.prefix, addressPath);
    const first = byText.get(account.text);
    if (first === undefined) byText.set(account.text, account);
    else
      findings.add(
        'foreign.duplicate-account',
        addressPath(),
        `"${account.text}" stands at ${pathOf(first)} already`,
      );
  }
  prefixes.report(findings, 'other accounts');
  return { form, list, byText, sums, prefix: prefixes.usual, coinReader, pathOf };
}

function findBalances(document: unknown): { form: BalanceForm; base: string; entries: readonly unknown[] } {
  const flat = listAt(document, 'app_state', 'accounts');
  if (flat.length > 0) return { form: 'flat', base: '/app_state/accounts', entries: flat };
  const balances = listAt(document, 'app_state', 'bank', 'balances');
  const auth = listAt(document, 'app_state', 'auth', 'accounts');
  if (balances.length === 0 && auth.some((entry) => at(entry, 'value') !== undefined))
    return { form: 'amino', base: '/app_state/auth/accounts', entries: auth };
  return { form: 'bank', base: '/app_state/bank/balances', entries: balances };
}

interface Entry {
  readonly address: ForeignAddress | undefined;
  /** Place of the address under its entry. */
  readonly addressAt: string;
  readonly coins: readonly ForeignCoin[];
}

function readAccount(entry: unknown, path: () => string, coinReader: CoinReader, findings: Findings): Entry {
  if (!isShape(entry)) {
    findings.add('foreign.account-form', path(), `expected an account, found ${shown(entry)}`);
    return { address: undefined, addressAt: '', coins: [] };
  }
  const levels = levelsOf(entry);
  const found = memberOf(levels, 'coins');
  const coins = coinReader.list(found?.value, () => `${path()}${found?.at ?? '/coins'}`);
  const stated = memberOf(levels, 'address');
  const addressAt = stated?.at ?? '/address';
  return { address: readAddress(stated?.value, () => path() + addressAt, findings), addressAt, coins };
}

/** What an account holds of one denomination. */
export function balanceOf(account: ForeignAccount | undefined, denomination: string): bigint {
  return account?.coins.find(({ denom }) => denom === denomination)?.amount ?? 0n;
}
