import type { Command } from 'commander';
import type { Collected } from '#genesis';
import { systemClock } from '#runtime';
import { judging } from '../../judging.ts';
import { addJsonOption } from '../../options.ts';
import { EXIT, Output } from '../../output.ts';
import { readBytes, readFiles, replace } from './files.ts';

/** `node0 genesis collect`: put the founders' declarations into the draft. */
export function addCollectCommand(genesis: Command): void {
  addJsonOption(
    genesis
      .command('collect <genesis> <declarations...>')
      .description('put declarations into a draft, in the place of those that it has')
      .option('--check', 'find the faults and write nothing', false),
  )
    .addHelpText(
      'after',
      '\nDeclarations are files, or folders with .json files. Every fault of every declaration is shown at once; with any error nothing is written.\n\nExit code: 0 collected, 1 a declaration has an error, 2 a file cannot be read.\n\nExample:\n  $ node0 genesis collect genesis.json declarations\n',
    )
    .action(collect);
}

async function collect(
  file: string,
  places: string[],
  options: { check: boolean; json: boolean },
): Promise<void> {
  const { collectDeclarations, draftText, formatFileFindings, readDraft } = await import('#genesis');
  const draft = readDraft(await readBytes(file));
  const output = new Output(options.json);
  const how = await judging(output, file);
  const collected = await collectDeclarations(draft, await readFiles(places), { ...how, clock: systemClock });
  output.endStatus();
  const written = collected.complete && !options.check;
  if (written) await replace(file, draftText(collected.document));
  const { complete, declarations, findings, general } = collected;
  output.result(
    { complete, written, declarations, findings, general },
    describe(file, collected, written, formatFileFindings(findings, { colour: process.stdout.isTTY })),
  );
  if (!complete) process.exitCode = EXIT.failed;
}

function describe(
  file: string,
  { complete, declarations, findings, general }: Collected,
  written: boolean,
  found: string,
): string {
  const faulty = new Set(
    findings.filter(({ severity }) => severity === 'error').map((finding) => finding.file),
  );
  const errors = general.filter(({ severity }) => severity === 'error').length;
  const outcome = complete
    ? `${declarations.length} declarations, all in order${written ? `; wrote ${file}` : ''}`
    : `nothing was written: errors in ${[...faulty].join(', ')}`;
  return [
    ...(findings.length === 0 ? [] : [found, '']),
    outcome,
    ...(complete && errors > 0
      ? [`the genesis as a whole has ${errors} errors: node0 genesis validate ${file}`]
      : []),
  ].join('\n');
}
