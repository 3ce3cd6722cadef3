import type { Command } from 'commander';
import { ApiClient } from '../api-client.ts';
import { readKeyFile } from '../key-access.ts';
import { addHomeOption, addJsonOption, addNodeOption, wholeNumber } from '../options.ts';
import { Output, table } from '../output.ts';

interface QueryOptions {
  node: string;
  home: string;
  json: boolean;
}

/** `node0 query`: read a node over REST. */
export function addQueryCommand(program: Command): void {
  const query = program.command('query').description('read a node').exitOverride();
  addReader(query, 'status', 'chain, height and peers of the node', () => '/status');
  addReader(
    query,
    'block [height-or-hash]',
    'a block: by height, hash, or the latest',
    (ref = 'latest') => `/blocks/${ref}`,
  );
  addReader(query, 'tx <hash>', 'a transaction and its receipt', (hash) => `/transactions/${hash}`);
  addReader(query, 'consensus', 'the round that consensus is in', () => '/consensus');
  addReader(query, 'mempool', 'what waits for a block', () => '/mempool');
  addReader(
    query,
    'attestation <digest>',
    'who anchored a hash, and when',
    (digest) => `/attestations/${digest}`,
  );
  addAccount(query);
  addLists(query);
}

function reader(command: Command): Command {
  return addJsonOption(addHomeOption(addNodeOption(command)));
}

function addReader(query: Command, usage: string, about: string, path: (argument?: string) => string): void {
  const name = usage.split(' ')[0] as string;
  const command = reader(query.command(usage).description(about));
  command.addHelpText('after', `\nExample:\n  $ node0 query ${name}${usage.includes('<') ? ' 3f…' : ''}\n`);
  command.action(async (...given: unknown[]) => {
    const options = command.opts<QueryOptions>();
    const argument = typeof given[0] === 'string' ? encodeURIComponent(given[0]) : undefined;
    const body = await new ApiClient(options.node).get<Record<string, unknown>>(path(argument));
    new Output(options.json).result(body, describe(body));
  });
}

function addAccount(query: Command): void {
  const command = reader(
    query.command('account <address-or-name>').description('balance and nonce of an account'),
  )
    .option('--height <height>', 'state at a past height', wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option('--proof', 'with the proof against a signed header', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ node0 query account alice\n  $ node0 query account ADDRESS --height 10 --proof --json\n',
    );
  command.action(async (given: string, options: QueryOptions & { height?: number; proof: boolean }) => {
    const address = given.startsWith('bizra1')
      ? given
      : (await readKeyFile(given, options.home)).file.address;
    const parameters = new URLSearchParams();
    if (options.height !== undefined) parameters.set('height', String(options.height));
    if (options.proof) parameters.set('proof', 'true');
    const suffix = parameters.size === 0 ? '' : `?${parameters.toString()}`;
    const body = await new ApiClient(options.node).get<Record<string, unknown>>(
      `/accounts/${address}${suffix}`,
    );
    new Output(options.json).result(body, describe(body));
  });
}

function addLists(query: Command): void {
  addList(query, 'validators', 'the validators and their power', '/validators', [
    'name',
    'address',
    'power',
    'operator',
  ]);
  addList(query, 'peers', 'the peers of the node', '/peers', [
    'id',
    'address',
    'direction',
    'role',
    'height',
    'score',
  ]);
  addList(query, 'blocks', 'the latest blocks', '/blocks?limit=20', [
    'height',
    'hash',
    'time',
    'transactions',
    'proposer',
  ]);
}

function addList(
  query: Command,
  name: string,
  about: string,
  path: string,
  columns: readonly string[],
): void {
  const command = reader(query.command(name).description(about));
  command.addHelpText('after', `\nExample:\n  $ node0 query ${name}\n`);
  command.action(async (options: QueryOptions) => {
    const body = await new ApiClient(options.node).get<{ items: Record<string, unknown>[] }>(path);
    const rows = body.items.map((item) => columns.map((column) => cell(item[column])));
    new Output(options.json).result(body, table(columns, rows));
  });
}

function cell(value: unknown): string | number {
  if (typeof value === 'number' || typeof value === 'string') return value;
  return value === undefined ? '' : JSON.stringify(value);
}

/** Members of an object as aligned lines; nested values as JSON. */
function describe(body: Record<string, unknown>): string {
  const entries = Object.entries(body).filter(([, value]) => value !== undefined);
  const width = Math.max(...entries.map(([key]) => key.length));
  return entries.map(([key, value]) => `${key.padEnd(width)}  ${cell(value)}`).join('\n');
}
