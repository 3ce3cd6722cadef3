import { equalBytes, toHex } from '#kernel';
import { Findings, pointer } from '../report/findings.ts';
import { levelsOf, memberOf, type Level } from './account-levels.ts';
import {
  formatForeignAddress,
  moduleAddress,
  PrefixCheck,
  readAddress,
  type ForeignAddress,
} from './addresses.ts';
import { checkVesting } from './check-vesting.ts';
import { shown } from './encoding.ts';
import { addressOfForeignKey, isKey, readKey } from './keys.ts';
import { readUint64 } from './numbers.ts';
import type { Accounts } from './read-accounts.ts';
import { isShape, listAt } from './shape.ts';

export interface AccountContext {
  readonly accounts: Accounts;
  readonly findings: Findings;
  /** Seconds since 1970. */
  readonly genesisTime: bigint | undefined;
  /** State of a chain that ran: what vests may have been spent. */
  readonly isExported: boolean;
}

/** Checks the accounts of the auth module, and returns the texts of their addresses; undefined where none are listed. */
export function checkAccounts(document: unknown, context: AccountContext): ReadonlySet<string> | undefined {
  const { accounts, findings } = context;
  const isFlat = accounts.form === 'flat';
  const base = isFlat ? '/app_state/accounts' : '/app_state/auth/accounts';
  const entries = isFlat
    ? listAt(document, 'app_state', 'accounts')
    : listAt(document, 'app_state', 'auth', 'accounts');
  if (entries.length === 0) return undefined;
  const seen = new Set<string>();
  const prefixes = new PrefixCheck();
  for (const [i, entry] of entries.entries()) {
    const path = (): string => pointer(base, i);
    if (!isShape(entry)) {
      if (accounts.form === 'bank')
        findings.add('foreign.account-form', path(), `expected an account, found ${shown(entry)}`);
      continue;
    }
    const levels = levelsOf(entry);
    const place = (at: string): string => `${path()}${at}`;
    const address = readOwnAddress(levels, place, context, seen, prefixes);
    checkNumbers(levels, place, findings);
    checkKey(levels, place, address, findings);
    checkModule(levels, place, address, findings);
    checkVesting(levels, place, address, context);
  }
  if (accounts.form === 'bank')
    prefixes.report(findings, 'other accounts', accounts.prefix ?? prefixes.usual);
  return seen;
}

/** Addresses beside balances were checked with these; those of `auth` alone are checked here. */
function readOwnAddress(
  levels: readonly Level[],
  place: (at: string) => string,
  { accounts, findings }: AccountContext,
  seen: Set<string>,
  prefixes: PrefixCheck,
): ForeignAddress | undefined {
  const found = memberOf(levels, 'address');
  const path = (): string => place(found?.at ?? '/address');
  const isTold = accounts.form !== 'bank';
  const address = readAddress(found?.value, path, isTold ? new Findings() : findings);
  if (address === undefined) return undefined;
  if (!isTold && seen.has(address.text))
    findings.add('foreign.duplicate-account', path(), `"${address.text}" stands in the list already`);
  seen.add(address.text);
  if (!isTold) prefixes.add(address.prefix, path);
  return address;
}

function checkNumbers(levels: readonly Level[], place: (at: string) => string, findings: Findings): void {
  for (const name of ['account_number', 'sequence', 'sequence_number']) {
    const found = memberOf(levels, name);
    if (found === undefined || readUint64(found.value) !== undefined) continue;
    findings.add('foreign.number', place(found.at), `${shown(found.value)} is not a whole number of 64 bits`);
  }
}

function checkKey(
  levels: readonly Level[],
  place: (at: string) => string,
  address: ForeignAddress | undefined,
  findings: Findings,
): void {
  const found = memberOf(levels, 'pub_key', 'public_key');
  if (found === undefined || found.value === null || found.value === '') return;
  const key = readKey(found.value);
  if (!isKey(key)) {
    findings.add(
      'foreign.key',
      key.at.reduce<string>((at, step) => pointer(at, step), place(found.at)),
      key.reason,
    );
    return;
  }
  const derived = addressOfForeignKey(key);
  if (derived === undefined || address === undefined || equalBytes(derived, address.bytes)) return;
  findings.add(
    'foreign.account-key',
    place(found.at),
    `the key belongs to ${formatForeignAddress(address.prefix, derived)}, not to ${address.text}`,
  );
}

function checkModule(
  levels: readonly Level[],
  place: (at: string) => string,
  address: ForeignAddress | undefined,
  findings: Findings,
): void {
  const type = memberOf(levels.slice(0, 1), '@type', 'type')?.value;
  const isModule = typeof type === 'string' && MODULE_TYPES.has(type);
  const found = isModule ? memberOf(levels, 'name') : memberOf(levels, 'module_name');
  if (!isModule && (found === undefined || found.value === '')) return;
  const name = found?.value;
  if (typeof name !== 'string' || name === '') {
    findings.add('foreign.module-account', place(found?.at ?? ''), 'the account of a module has its name');
    return;
  }
  const derived = moduleAddress(name);
  if (address === undefined || equalBytes(derived, address.bytes)) return;
  findings.add(
    'foreign.module-account',
    place(found?.at ?? ''),
    `the module ${name.slice(0, 60)} has the address ${formatForeignAddress(address.prefix, derived)} (${toHex(derived)})`,
  );
}

const MODULE_TYPES = new Set(['/cosmos.auth.v1beta1.ModuleAccount', 'cosmos-sdk/ModuleAccount']);
