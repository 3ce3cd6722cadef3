import { basename } from 'node:path';
import type { Command } from 'commander';
import { fromUtf8, isCodedError, parseAddress } from '#kernel';
import { parseKeyFile } from '#kernel/keystore';
import type { AccountEntry, GenesisDocument } from '#genesis';
import { cliError } from '../../errors.ts';
import { addJsonOption } from '../../options.ts';
import { Output, table } from '../../output.ts';
import { askFor } from '../../prompt.ts';
import { readBytes, replace } from './files.ts';

/** `node0 genesis account`: the accounts of a draft. */
export function addAccountCommand(genesis: Command): void {
  const account = genesis.command('account').description('the accounts of a draft').exitOverride();
  addJsonOption(
    account
      .command('add <genesis> [address] [balance]')
      .description('enter an account, or those of a CSV file; the total supply follows')
      .option('--label <text>', 'what the account is for')
      .option('--csv <file>', 'lines of address,balance,label'),
  )
    .addHelpText(
      'after',
      '\nThe address is bech32m text, or a key file whose address is meant.\n\nExamples:\n  $ node0 genesis account add genesis.json bizra1… 5000000 --label treasury\n  $ node0 genesis account add genesis.json alice/keys/operator.json 5000000\n  $ node0 genesis account add genesis.json --csv accounts.csv\n',
    )
    .action(add);
  addJsonOption(account.command('list <genesis>').description('list the accounts'))
    .addHelpText('after', '\nExample:\n  $ node0 genesis account list genesis.json\n')
    .action(async (file: string, options: { json: boolean }) => {
      const { readDraft } = await import('#genesis');
      const { accounts, totalSupply } = readDraft(await readBytes(file));
      const rows = accounts.map(({ address, balance, label = '' }) => [address, balance, label]);
      const text = `${table(['address', 'balance', 'label'], rows)}\n${accounts.length} accounts, ${totalSupply} in all`;
      new Output(options.json).result({ accounts, totalSupply }, text);
    });
  addJsonOption(account.command('remove <genesis> <address>').description('take an account out'))
    .addHelpText('after', '\nExample:\n  $ node0 genesis account remove genesis.json bizra1…\n')
    .action(async (file: string, address: string, options: { json: boolean }) => {
      const { removeAccount } = await import('#genesis');
      await rewrite(file, options.json, (draft) => removeAccount(draft, address));
    });
}

interface AddOptions {
  label?: string;
  csv?: string;
  json: boolean;
}

async function add(
  file: string,
  address: string | undefined,
  balance: string | undefined,
  options: AddOptions,
): Promise<void> {
  const { addAccounts } = await import('#genesis');
  const entries = await entriesOf(address, balance, options);
  await rewrite(file, options.json, (draft) => addAccounts(draft, entries));
}

async function entriesOf(
  given: string | undefined,
  balance: string | undefined,
  { label, csv }: AddOptions,
): Promise<AccountEntry[]> {
  if (csv !== undefined) {
    if (given !== undefined) throw cliError('usage', 'give either an address or --csv FILE');
    const { readAccountsCsv } = await import('#genesis');
    return readAccountsCsv(fromUtf8(await readBytes(csv)), basename(csv));
  }
  const address = await addressOf(given ?? (await askFor('address', 'an address, or --csv FILE')));
  return [{ address, balance: balance ?? (await askFor('balance', 'a balance')), label, where: address }];
}

/** Text of an address as it is; for a key file, its address. */
async function addressOf(given: string): Promise<string> {
  try {
    parseAddress(given);
    return given;
  } catch (error) {
    if (!isCodedError(error) || !given.endsWith('.json')) throw error;
    return parseKeyFile(fromUtf8(await readBytes(given))).address;
  }
}

async function rewrite(
  file: string,
  json: boolean,
  change: (draft: GenesisDocument) => GenesisDocument,
): Promise<void> {
  const { draftText, readDraft } = await import('#genesis');
  const draft = change(readDraft(await readBytes(file)));
  await replace(file, draftText(draft));
  const { length } = draft.accounts;
  new Output(json).result(
    { accounts: length, totalSupply: draft.totalSupply },
    `${file}: ${length} accounts, ${draft.totalSupply} in all`,
  );
}
