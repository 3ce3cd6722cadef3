import type { Command } from 'commander';
import type { GenesisDocument } from '#genesis';
import { addJsonOption } from '../../options.ts';
import { EXIT, Output } from '../../output.ts';
import { judgeFile } from './files.ts';

/** `node0 genesis show`: what a genesis amounts to. */
export function addShowCommand(genesis: Command): void {
  addJsonOption(
    genesis.command('show <file>').description('show what a genesis amounts to, and how its stake is spread'),
  )
    .addHelpText('after', '\nExample:\n  $ node0 genesis show genesis.json\n')
    .action(async (file: string, options: { json: boolean }) => {
      const { formatSummary } = await import('#genesis');
      const output = new Output(options.json);
      const { report, document } = await judgeFile(file, output);
      const { chainId, genesisHash, valid, format, summary, validatorSet } = report;
      const own = format === 'node0' && valid ? (document as GenesisDocument) : undefined;
      const parameters = own === undefined ? {} : { consensus: own.consensus, ledger: own.ledger };
      output.result(
        { format, chainId, genesisHash, valid, summary, validatorSet, ...parameters },
        formatSummary(report, own, { colour: process.stdout.isTTY }),
      );
      if (format === 'unknown') process.exitCode = EXIT.usage;
    });
}
