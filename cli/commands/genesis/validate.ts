import type { Command } from 'commander';
import { toHex } from '#kernel';
import { addJsonOption } from '../../options.ts';
import { EXIT, Output } from '../../output.ts';
import { judgeFile, readGenesis, replace } from './files.ts';

/** `node0 genesis validate` and `node0 genesis hash`. */
export function addValidateCommands(genesis: Command): void {
  addJsonOption(
    genesis
      .command('validate <file>')
      .description('judge a genesis document of this system, of CometBFT or of the Cosmos SDK')
      .option('--html <file>', 'write the report as one page to send to others'),
  )
    .addHelpText(
      'after',
      '\nExit code: 0 valid, 1 invalid, 2 the file is no genesis document or cannot be read.\n\nExamples:\n  $ node0 genesis validate genesis.json\n  $ node0 genesis validate genesis.json --html report.html\n  $ node0 genesis validate genesis.json --json\n',
    )
    .action(validate);
  addJsonOption(
    genesis.command('hash <file>').description('print the genesis hash of a valid document of this system'),
  )
    .addHelpText('after', '\nExample:\n  $ node0 genesis hash .node0/genesis.json\n')
    .action(async (file: string, options: { json: boolean }) => {
      const output = new Output(options.json);
      const { chainId, genesisHash } = await readGenesis(file, output);
      output.result({ chainId, genesisHash: toHex(genesisHash) }, toHex(genesisHash));
    });
}

async function validate(file: string, options: { html?: string; json: boolean }): Promise<void> {
  const { formatHtml, formatReport } = await import('#genesis');
  const output = new Output(options.json);
  const { report } = await judgeFile(file, output);
  // A report is made anew from the document: an older one is replaced.
  if (options.html !== undefined) await replace(options.html, formatHtml(report));
  output.result(report, formatReport(report, { colour: process.stdout.isTTY }));
  if (options.html !== undefined) output.note(`wrote ${options.html}`);
  if (report.valid) return;
  process.exitCode = report.format === 'unknown' ? EXIT.usage : EXIT.failed;
}
