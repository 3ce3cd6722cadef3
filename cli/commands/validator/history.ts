import type { Command } from 'commander';
import { ApiClient } from '../../api-client.ts';
import { addHomeOption, addJsonOption, addNodeOption, wholeNumber } from '../../options.ts';
import { Output, table } from '../../output.ts';
import { percentage } from '../../percentage.ts';
import { addressOf } from '../../staking/operation-options.ts';

const EPOCH_MAX = 2 ** 48;
const ITEMS_MAX = 100;
const ITEMS = 20;

interface HistoryOptions {
  home: string;
  node: string;
  json: boolean;
  from?: number;
  to?: number;
  limit: number;
  cursor?: string;
}

interface Page {
  readonly items: readonly Record<string, string | number | null>[];
  readonly nextCursor?: string;
}

/** `node0 validator performance`, `slashing`, `reputation`: what a validator did, and what came of it. */
export function addHistoryCommands(validator: Command): void {
  addHistory(validator, {
    name: 'performance',
    about: 'votes and proposals of a validator by epoch',
    isByEpoch: true,
    columns: ['epoch', 'votes', 'missed', 'uptime', 'proposed', 'proposalsMissed', 'power', 'reputation'],
  });
  addHistory(validator, {
    name: 'slashing',
    about: 'slashes of a validator, the latest first, and what they burnt',
    isByEpoch: false,
    columns: ['height', 'reason', 'offenceHeight', 'burnt', 'bonded', 'unbonding', 'redelegated', 'evidence'],
  });
  addHistory(validator, {
    name: 'reputation',
    about: 'reputation of a validator by epoch',
    isByEpoch: true,
    columns: ['epoch', 'reputation'],
  });
}

interface History {
  readonly name: string;
  readonly about: string;
  readonly isByEpoch: boolean;
  readonly columns: readonly string[];
}

function addHistory(validator: Command, history: History): void {
  const command = addJsonOption(
    addHomeOption(
      addNodeOption(validator.command(`${history.name} <address-or-name>`).description(history.about)),
    ),
  );
  if (history.isByEpoch) {
    command
      .option('--from <epoch>', 'first epoch', wholeNumber(0, EPOCH_MAX))
      .option('--to <epoch>', 'last epoch', wholeNumber(0, EPOCH_MAX));
  }
  command
    .option('--limit <number>', 'rows to print', wholeNumber(1, ITEMS_MAX), ITEMS)
    .option('--cursor <cursor>', 'go on after a page')
    .addHelpText(
      'after',
      `\nExamples:\n  $ node0 validator ${history.name} ADDRESS\n  $ node0 validator ${history.name} operator --home node --json\n`,
    )
    .action((nameOrAddress: string, options: HistoryOptions) => show(history, nameOrAddress, options));
}

async function show(
  { name, columns }: History,
  nameOrAddress: string,
  options: HistoryOptions,
): Promise<void> {
  const address = await addressOf(nameOrAddress, options.home);
  const query = new URLSearchParams({ limit: String(options.limit) });
  for (const key of ['from', 'to', 'cursor'] as const) {
    if (options[key] !== undefined) query.set(key, String(options[key]));
  }
  const path = `/validators/${encodeURIComponent(address)}/${name}?${query.toString()}`;
  const body = await new ApiClient(options.node).get<Page>(path);
  const rows = body.items.map((item) => columns.map((column) => cell(column, item[column])));
  const more = body.nextCursor === undefined ? '' : `\nthere are more: --cursor ${body.nextCursor}`;
  new Output(options.json).result(body, `${table(columns, rows)}${more}`);
}

function cell(column: string, value: string | number | null | undefined): string | number {
  if (column === 'uptime' && typeof value === 'number') return percentage(value * 10_000);
  return value ?? '';
}
