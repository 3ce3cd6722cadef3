import type { Command } from 'commander';
import { systemClock } from '#runtime';
import { cliError } from '../errors.ts';
import { addConfigurationOptions, homeOptions, type ConfigurationOptions } from '../home-options.ts';
import { addJsonOption, wholeNumber } from '../options.ts';
import { Output, table } from '../output.ts';
import { parseTime } from '../time.ts';
import { writeNew } from './genesis/files.ts';

const CHAIN_ID = /^[a-z0-9][a-z0-9-]{1,48}[a-z0-9]$/;

interface ExportOptions extends ConfigurationOptions {
  out: string;
  height?: number;
  chainId: string;
  time: string;
  json: boolean;
}

/** `node0 export`: the state of a stopped node as the draft of a genesis. */
export function addExportCommand(program: Command): void {
  addJsonOption(
    addConfigurationOptions(
      program.command('export').description('write the state of a stopped node as the draft of a genesis'),
    ),
  )
    .requiredOption('--out <file>', 'draft to write')
    .requiredOption('--chain-id <id>', 'id of the new chain')
    .option(
      '--height <height>',
      'state after this height (default: the last)',
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    )
    .option('--time <time>', 'time at which the new chain begins, or from now like +6h', '+7d')
    .addHelpText(
      'after',
      '\nBalances carry over, with the stakes in them. Declarations are signed for their chain: founders declare anew.\n\nExample:\n  $ node0 export --home .node0/platform --chain-id bizra-2 --out draft.json\n',
    )
    .action(run);
}

async function run(options: ExportOptions): Promise<void> {
  const { out, chainId } = options;
  if (!CHAIN_ID.test(chainId)) throw cliError('usage', `"${chainId}" is not 3 to 50 of a-z, 0-9 and -`);
  const [{ exportState }, { draftText }] = await Promise.all([import('#node'), import('#genesis')]);
  const request = { height: options.height, chainId, timeMs: parseTime(options.time, systemClock.now()) };
  const { document, height, stateRoot, stakes, notes } = await exportState(homeOptions(options), request);
  await writeNew(out, draftText(document));
  const { length: accounts } = document.accounts;
  const { totalSupply } = document;
  const rows = stakes.map(({ name, operator, stake }) => [name, operator, stake]);
  new Output(options.json).result(
    { out, chainId, height, stateRoot, accounts, totalSupply, stakes, notes },
    [
      `wrote ${out}: the state after height ${height}, ${accounts} accounts, ${totalSupply} in all`,
      ...notes,
      table(['validator', 'operator', 'stake'], rows),
      `next: node0 genesis declare --genesis ${out}`,
    ].join('\n'),
  );
}
