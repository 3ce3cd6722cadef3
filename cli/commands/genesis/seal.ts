import type { Command } from 'commander';
import { addJsonOption } from '../../options.ts';
import { EXIT, Output } from '../../output.ts';
import { readBytes, readFiles, readGenesis, writeNew } from './files.ts';

/** `node0 genesis seal` and `node0 genesis verify`. */
export function addSealCommands(genesis: Command): void {
  addJsonOption(
    genesis
      .command('seal <genesis> <approvals...>')
      .description('put approvals that hold more than 2/3 of the stake together into a seal')
      .option('--out <file>', 'seal to write', 'genesis.seal.json'),
  )
    .addHelpText(
      'after',
      '\nApprovals are files, or folders with .json files. Each that does not count is named; the seal is written when the others hold more than 2/3 of the stake.\n\nExit code: 0 sealed, 1 not enough approvals, 2 a file cannot be read.\n\nExample:\n  $ node0 genesis seal genesis.json approvals\n',
    )
    .action(seal);
  addJsonOption(
    genesis
      .command('verify <genesis>')
      .description('check a genesis with its seal: every rule, every signature, the hash')
      .requiredOption('--seal <file>', 'the seal')
      .option('--genesis-hash <hex>', 'the hash that is expected'),
  )
    .addHelpText('after', '\nExample:\n  $ node0 genesis verify genesis.json --seal genesis.seal.json\n')
    .action(verify);
}

async function seal(file: string, places: string[], options: { out: string; json: boolean }): Promise<void> {
  const { formatFileFindings, formatSeal, makeSeal } = await import('#genesis');
  const output = new Output(options.json);
  const genesis = await readGenesis(file, output);
  const attempt = makeSeal(genesis, await readFiles(places));
  const { report, findings } = attempt;
  if (report.sealed) await writeNew(options.out, `${JSON.stringify(attempt.seal, undefined, 2)}\n`);
  const colour = process.stdout.isTTY;
  const lines = [
    ...(findings.length === 0 ? [] : [formatFileFindings(findings, { colour }), '']),
    formatSeal(report),
    report.sealed ? `wrote ${options.out}` : 'nothing was written: more validators must approve',
  ];
  const written = report.sealed ? { out: options.out } : {};
  output.result({ ...report, findings, ...written }, lines.join('\n'));
  if (!report.sealed) process.exitCode = EXIT.failed;
}

async function verify(
  file: string,
  options: { seal: string; genesisHash?: string; json: boolean },
): Promise<void> {
  const { checkSeal, formatSeal, readSeal } = await import('#genesis');
  const output = new Output(options.json);
  const genesis = await readGenesis(file, output, options.genesisHash);
  const report = checkSeal(genesis, readSeal(await readBytes(options.seal)));
  output.result({ chainId: genesis.chainId, ...report }, formatSeal(report));
  if (!report.sealed) process.exitCode = EXIT.failed;
}
