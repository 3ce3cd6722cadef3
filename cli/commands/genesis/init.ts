import type { Command } from 'commander';
import { systemClock } from '#runtime';
import { cliError } from '../../errors.ts';
import { addJsonOption, wholeNumber } from '../../options.ts';
import { Output } from '../../output.ts';
import { askFor } from '../../prompt.ts';
import { parseTime } from '../../time.ts';
import { writeNew } from './files.ts';

const CHAIN_ID = /^[a-z0-9][a-z0-9-]{1,48}[a-z0-9]$/;

interface InitOptions {
  chainId?: string;
  time: string;
  symbol: string;
  decimals: number;
  set: string[];
  out: string;
  json: boolean;
}

/** `node0 genesis init`: the draft that a ceremony begins with. */
export function addInitCommand(genesis: Command): void {
  addJsonOption(
    genesis
      .command('init')
      .description('begin a genesis: parameters, and neither accounts nor validators yet')
      .option('--chain-id <id>', 'name of the chain: 3 to 50 of a-z, 0-9 and -')
      .option('--time <time>', 'when the chain begins: in UTC, or from now as +90s, +15m, +6h, +7d', '+1d')
      .option('--symbol <text>', 'symbol of the denomination', 'BZR')
      .option('--decimals <number>', 'decimals of the denomination', wholeNumber(0, 30), 6)
      .option('--set <parameter=value>', 'a parameter, e.g. ledger.maxValidators=50; repeatable', collect, [])
      .option('--out <file>', 'draft to write', 'genesis.json'),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ node0 genesis init --chain-id bizra-1 --time 2027-01-31T12:00:00Z\n  $ node0 genesis init --chain-id test-1 --set ledger.epochBlocks=500 --out draft.json\n',
    )
    .action(init);
}

async function init(options: InitOptions): Promise<void> {
  const { createDraft, draftText } = await import('#genesis');
  const fits = (text: string): boolean => CHAIN_ID.test(text);
  const chainId =
    options.chainId ?? (await askFor('chain id', '--chain-id ID', { hint: '3 to 50 of a-z 0-9 -', fits }));
  if (!fits(chainId)) throw cliError('usage', `"${chainId}" is not 3 to 50 of a-z, 0-9 and -`);
  const draft = createDraft({
    chainId,
    timeMs: parseTime(options.time, systemClock.now()),
    symbol: options.symbol,
    decimals: options.decimals,
    parameters: Object.fromEntries(options.set.map(parameterOf)),
  });
  await writeNew(options.out, draftText(draft));
  new Output(options.json).result(
    { out: options.out, chainId, genesisTime: draft.genesisTime },
    `wrote ${options.out}: chain ${chainId}, begins ${draft.genesisTime}\nnext: node0 genesis account add ${options.out} ADDRESS AMOUNT`,
  );
}

function parameterOf(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at <= 0) throw cliError('usage', `"${text}" is not PARAMETER=VALUE`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}
