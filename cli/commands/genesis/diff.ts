import type { Command } from 'commander';
import type { Judged } from '#genesis';
import { addJsonOption } from '../../options.ts';
import { cliError } from '../../errors.ts';
import { EXIT, Output } from '../../output.ts';
import { judgeFile } from './files.ts';

/** `node0 genesis diff`: how two documents differ in meaning. */
export function addDiffCommand(genesis: Command): void {
  addJsonOption(
    genesis
      .command('diff <before> <after>')
      .description('how two genesis documents differ by meaning, whatever their formatting and order'),
  )
    .addHelpText(
      'after',
      '\nExit code: 0 they are the same, 1 they differ, 2 one cannot be read.\n\nExample:\n  $ node0 genesis diff mine.json theirs.json\n',
    )
    .action(diff);
}

async function diff(before: string, after: string, options: { json: boolean }): Promise<void> {
  const { diffDocuments, formatDifferences } = await import('#genesis');
  const output = new Output(options.json);
  const left = await judged(before, output);
  const right = await judged(after, output);
  const found = diffDocuments(left.document, right.document);
  const hashes = { before: left.report.genesisHash, after: right.report.genesisHash };
  const same = found.differences.length === 0 && found.reordered.length === 0;
  const lines = [
    formatDifferences(found, { colour: process.stdout.isTTY }),
    ...(same ? ['the same in meaning'] : []),
    `${before}: ${hashes.before ?? 'no genesis hash'}`,
    `${after}: ${hashes.after ?? 'no genesis hash'}`,
  ];
  output.result({ same, genesisHash: hashes, ...found }, lines.filter(Boolean).join('\n'));
  if (!same) process.exitCode = EXIT.failed;
}

async function judged(file: string, output: Output): Promise<Judged> {
  const result = await judgeFile(file, output);
  if (result.document !== undefined) return result;
  const [fault] = result.report.findings;
  throw cliError('file-unreadable', `${file} is not JSON: ${fault?.message ?? 'nothing was read'}`, { file });
}
