import type { Command } from 'commander';
import type { DatabaseReport } from '#node';
import { cliError } from '../errors.ts';
import { addConfigurationOptions, homeOptions, type ConfigurationOptions } from '../home-options.ts';
import { addJsonOption, wholeNumber } from '../options.ts';
import { EXIT, Output } from '../output.ts';

const HEIGHT_MAX = Number.MAX_SAFE_INTEGER;
const FAULTS = 20;

type Options = ConfigurationOptions & { json: boolean };

/** `node0 db`: what a stopped node stores. */
export function addDatabaseCommand(program: Command): void {
  const db = program.command('db').description('verify and prune what a stopped node stores').exitOverride();
  addJsonOption(
    addConfigurationOptions(
      db
        .command('verify')
        .description('recompute hashes, roots, signatures, indexes and states out of the blocks'),
    ),
  )
    .option('--from <height>', 'first height (default: the first)', wholeNumber(0, HEIGHT_MAX))
    .option('--to <height>', 'last height (default: the last)', wholeNumber(0, HEIGHT_MAX))
    .option('--faults <number>', 'faults to name at most', wholeNumber(1, 10_000), FAULTS)
    .addHelpText(
      'after',
      '\nChanges nothing. Exit code: 0 sound, 1 at fault or refused.\n\nExamples:\n  $ node0 db verify --home .node0/validators/2\n  $ node0 db verify --home node --from 100000 --json\n',
    )
    .action(verify);
  addJsonOption(
    addConfigurationOptions(
      db
        .command('prune')
        .description('remove transactions, receipts and states of all but the last heights; headers stay'),
    ),
  )
    .requiredOption('--keep <number>', 'heights to keep', wholeNumber(2, 1_000_000_000))
    .addHelpText('after', '\nExample:\n  $ node0 db prune --home node --keep 10000\n')
    .action(prune);
}

async function verify(options: Options & { from?: number; to?: number; faults: number }): Promise<void> {
  const { from, to } = options;
  if (from !== undefined && to !== undefined && from > to) {
    throw cliError('usage', `--from ${from} is after --to ${to}`);
  }
  const { verifyHome } = await import('#node');
  const output = new Output(options.json);
  const report = await verifyHome(homeOptions(options), {
    from,
    to,
    faultsMax: options.faults,
    onProgress: (stage, done, total) => output.status(`verifying ${stage}: ${done} of ${total}`),
  });
  output.endStatus();
  output.result({ sound: report.faults.length === 0, ...report }, textOf(report));
  if (report.faults.length > 0) process.exitCode = EXIT.failed;
}

function textOf({ from, to, states, executed, faults, isCutOff }: DatabaseReport): string {
  const lines = [
    `blocks    ${from} to ${to}`,
    `states    ${states === null ? 'none retained' : `${states.first} to ${states.last}`}`,
    `executed  ${executed} blocks again`,
    ...faults.map(({ code, where, message }) => `fault     ${where}: ${message} [${code}]`),
  ];
  if (isCutOff) lines.push('there may be more faults: see --faults');
  if (faults.length === 0) return [...lines, 'sound'].join('\n');
  lines.push(
    'restore the home from a backup, or remove its data directory and let it sync; keep data/signer of a validator',
  );
  return lines.join('\n');
}

async function prune(options: Options & { keep: number }): Promise<void> {
  const { pruneHome } = await import('#node');
  const output = new Output(options.json);
  const onProgress = (done: number, total: number): void =>
    output.status(`pruned ${done} of ${total} blocks`);
  const { height, earliest, blocks } = await pruneHome(homeOptions(options), options.keep, onProgress);
  output.endStatus();
  output.result(
    { height, earliest, blocks },
    `pruned ${blocks} blocks; transactions, receipts and states from height ${earliest} to ${height} are kept\nthe space comes back as the database compacts its files`,
  );
}
