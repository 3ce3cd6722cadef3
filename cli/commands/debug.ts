import type { Command } from 'commander';
import { addConfigurationOptions, homeOptions, type ConfigurationOptions } from '../home-options.ts';
import { addJsonOption, wholeNumber } from '../options.ts';
import { Output } from '../output.ts';
import { writeSecret } from './genesis/files.ts';

const LOG_LINES = 1_000;

/** `node0 debug`: what helps others to find a fault. */
export function addDebugCommand(program: Command): void {
  const debug = program.command('debug').description('what helps others to find a fault').exitOverride();
  addJsonOption(
    addConfigurationOptions(
      debug
        .command('dump')
        .description('gather what a report of a fault needs into one file, without secrets'),
    ),
  )
    .requiredOption('--out <file>', 'file to write')
    .option('--log-lines <number>', 'lines of the log', wholeNumber(0, 100_000), LOG_LINES)
    .addHelpText(
      'after',
      '\nWorks on a node that runs, or does not, or does not start. Addresses and names are in it: read it before it is sent.\n\nExample:\n  $ node0 debug dump --home .node0/platform --out dump.json\n',
    )
    .action(dump);
}

async function dump(
  options: ConfigurationOptions & { out: string; logLines: number; json: boolean },
): Promise<void> {
  const { dumpHome } = await import('#node');
  const { out, logLines } = options;
  const gathered = await dumpHome({ ...homeOptions(options), logLines });
  const text = `${JSON.stringify(gathered, undefined, 2)}\n`;
  await writeSecret(out, text);
  const isRunning = gathered.pid !== null;
  new Output(options.json).result(
    { out, bytes: Buffer.byteLength(text), running: isRunning },
    `wrote ${out} of a node that ${isRunning ? 'runs' : 'does not run'}; passwords and keys are not in it, addresses and names are`,
  );
}
