import { parse } from 'csv-parse/sync';
import { AMOUNT_MAX, formatAddress, parseAddress, parseAmount } from '#kernel';
import type { GenesisAccount, GenesisDocument } from '../document/document.ts';
import { genesisError } from '../errors.ts';
import { NAME_BYTES_MAX } from '../limits.ts';
import { orElse } from './draft.ts';

/** An account to enter, with where it was read for messages, e.g. `accounts.csv, line 3`. */
export interface AccountEntry {
  readonly address: string;
  readonly balance: string;
  readonly label?: string | undefined;
  readonly where: string;
}

/**
 * A draft with more accounts; the total supply follows.
 *
 * @throws `genesis.account-refused` naming every entry that cannot be entered; then none is
 */
export function addAccounts(draft: GenesisDocument, entries: readonly AccountEntry[]): GenesisDocument {
  const known = new Map(draft.accounts.map(({ address }) => [address, 'the draft']));
  const faults: string[] = [];
  const added: GenesisAccount[] = [];
  for (const entry of entries) {
    const refuse = (why: string) => genesisError('account-refused', `${entry.where}: ${why}`);
    try {
      const account = readEntry(entry, refuse);
      const first = known.get(account.address);
      if (first !== undefined) throw refuse(`${account.address} stands in ${first} already`);
      known.set(account.address, entry.where);
      added.push(account);
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
    }
  }
  if (faults.length > 0) {
    const shown = faults.slice(0, 20).join('\n  ');
    const more = faults.length > 20 ? `\n  and ${faults.length - 20} more` : '';
    throw genesisError('account-refused', `nothing was entered:\n  ${shown}${more}`, {
      faults: faults.length,
    });
  }
  return withAccounts(draft, [...draft.accounts, ...added]);
}

function readEntry(entry: AccountEntry, refuse: (why: string) => Error): GenesisAccount {
  const address = orElse(() => formatAddress(parseAddress(entry.address)), refuse);
  const balance = orElse(() => parseAmount(entry.balance), refuse).toString();
  const { label = '' } = entry;
  if (Buffer.byteLength(label) > NAME_BYTES_MAX)
    throw refuse(`the label has more than ${NAME_BYTES_MAX} bytes`);
  return label === '' ? { address, balance } : { address, balance, label };
}

/**
 * A draft without an account.
 *
 * @throws `genesis.account-refused` when there is none of the address
 */
export function removeAccount(draft: GenesisDocument, address: string): GenesisDocument {
  const rest = draft.accounts.filter((account) => account.address !== address);
  if (rest.length === draft.accounts.length) {
    throw genesisError(
      'account-refused',
      `the draft has no account ${address}; see node0 genesis account list`,
      {
        address,
      },
    );
  }
  return withAccounts(draft, rest);
}

function withAccounts(draft: GenesisDocument, accounts: readonly GenesisAccount[]): GenesisDocument {
  const refuse = (why: string) => genesisError('account-refused', `a balance of the draft: ${why}`);
  const sum = accounts.reduce((total, { balance }) => total + orElse(() => parseAmount(balance), refuse), 0n);
  if (sum > AMOUNT_MAX) {
    throw genesisError('account-refused', `the balances would sum to ${sum}, more than 128 bits hold`);
  }
  return { ...draft, totalSupply: sum.toString(), accounts };
}

/**
 * The accounts of a CSV text (RFC 4180): address, balance and, where wanted, a label. A first line of names
 * (`address,balance,label`) is passed over.
 *
 * @param name of the file, for messages
 * @throws `genesis.account-refused` when the text is no CSV of two or three columns
 */
export function readAccountsCsv(text: string, name: string): AccountEntry[] {
  const rows: { readonly record: readonly string[]; readonly line: number }[] = [];
  try {
    parse(text, {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      on_record(record: string[], { lines }) {
        rows.push({ record, line: lines });
        return null;
      },
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw genesisError('account-refused', `${name} is not CSV: ${reason}`, { file: name }, { cause });
  }
  if (rows[0]?.record[0]?.toLowerCase() === 'address') rows.shift();
  return rows.map(({ record, line }) => {
    const where = `${name}, line ${line}`;
    const [address, balance, label] = record;
    if (address !== undefined && balance !== undefined && record.length <= 3)
      return { address, balance, label, where };
    throw genesisError(
      'account-refused',
      `${where}: expected address, balance and perhaps a label, found ${record.length} columns`,
    );
  });
}
