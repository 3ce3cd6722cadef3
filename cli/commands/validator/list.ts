import { Option, type Command } from 'commander';
import { ApiClient } from '../../api-client.ts';
import { addJsonOption, addNodeOption, wholeNumber } from '../../options.ts';
import { Output, table } from '../../output.ts';
import { percentage } from '../../percentage.ts';

const STATUSES = ['active', 'inactive', 'jailed', 'tombstoned'];
const SORTS = ['power', 'stake', 'reputation', 'name'];
const ITEMS_MAX = 100;

interface ListOptions {
  node: string;
  json: boolean;
  status?: string;
  sort: string;
  limit: number;
  cursor?: string;
}

interface ListAnswer {
  readonly items: readonly {
    readonly name: string;
    readonly operator: string;
    readonly status: string;
    readonly power: number;
    readonly share: number;
    readonly stake: string;
    readonly commission: { readonly rate: number };
    readonly reputation: number;
  }[];
  readonly nextCursor?: string;
}

/** `node0 validator list`: who is registered. */
export function addListCommand(validator: Command): void {
  addJsonOption(
    addNodeOption(
      validator
        .command('list')
        .description('the registered validators')
        .addOption(new Option('--status <status>', 'only those of a status').choices(STATUSES))
        .addOption(
          new Option('--sort <by>', 'largest first; names by their characters')
            .choices(SORTS)
            .default('power'),
        )
        .option('--limit <number>', 'validators to print', wholeNumber(1, ITEMS_MAX), ITEMS_MAX)
        .option('--cursor <cursor>', 'go on after a page'),
    ),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ node0 validator list\n  $ node0 validator list --status jailed\n  $ node0 validator list --sort reputation --limit 10\n',
    )
    .action(list);
}

async function list({ node, json, status, sort, limit, cursor }: ListOptions): Promise<void> {
  const query = new URLSearchParams({ sort, limit: String(limit) });
  if (status !== undefined) query.set('status', status);
  if (cursor !== undefined) query.set('cursor', cursor);
  const body = await new ApiClient(node).get<ListAnswer>(`/validators?${query.toString()}`);
  const rows = body.items.map((item) => [
    item.name,
    item.operator,
    item.status,
    item.power,
    percentage(item.share * 10_000),
    item.stake,
    percentage(item.commission.rate),
    item.reputation,
  ]);
  const head = ['name', 'operator', 'status', 'power', 'share', 'stake', 'commission', 'reputation'];
  const more = body.nextCursor === undefined ? '' : `\nthere are more: --cursor ${body.nextCursor}`;
  new Output(json).result(body, `${table(head, rows)}${more}`);
}
