import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { toHex, utf8 } from '#kernel';
import { systemClock } from '#runtime';
import { judging } from '../../judging.ts';
import { addJsonOption, wholeNumber } from '../../options.ts';
import { Output } from '../../output.ts';
import { judgeFile, readBytes, writeNew } from './files.ts';

const VALIDATORS = 4;
const VALIDATORS_MAX = 64;

/** `node0 genesis import`: a genesis from that of another chain. */
export function addImportCommand(genesis: Command): void {
  addJsonOption(
    genesis
      .command('import <file>')
      .description('make a genesis from that of another chain: a rehearsal, or the draft of a ceremony')
      .requiredOption('--out <file>', 'genesis to write')
      .option(
        '--validators <number>',
        `local validators that take the place of the largest; 0 for a draft (default: ${VALIDATORS})`,
        wholeNumber(0, VALIDATORS_MAX),
      )
      .option(
        '--keys <dir>',
        'folder for the keys of the local validators (default: keys beside the genesis)',
      )
      .option('--denom <name>', 'denomination to carry over (default: the one that is staked)'),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ node0 genesis import cosmoshub.json --out genesis.json --validators 4 --keys keys\n  $ node0 up --home rehearsal --genesis genesis.json --keys keys\n  $ node0 genesis import cosmoshub.json --out draft.json --validators 0\n',
    )
    .action(importForeign);
}

interface ImportOptions {
  out: string;
  validators?: number;
  keys?: string;
  denom?: string;
  json: boolean;
}

async function importForeign(file: string, options: ImportOptions): Promise<void> {
  const { importGenesis, loadGenesis } = await import('#genesis');
  const { makeValidatorKeys, throwawayValidators } = await import('#node');
  const output = new Output(options.json);
  const source = await readBytes(file);
  const out = resolve(options.out);
  const keys = resolve(options.keys ?? join(out, '..', 'keys'));
  const { report } = await judgeFile(file, output);
  const count = options.validators ?? Math.min(VALIDATORS, Math.max(1, report.summary.validators));
  if (count === 0) return importDraft(source, options, output);
  // Judged with keys that nobody keeps first: a document that cannot be imported leaves nothing behind.
  const request = {
    timeMs: systemClock.now(),
    ...(options.denom !== undefined && { denomination: options.denom }),
  };
  importGenesis(source, { ...request, validators: throwawayValidators(count) });
  const validators = await makeValidatorKeys(keys, count);
  const { document, notes } = importGenesis(source, { ...request, validators });
  const text = `${JSON.stringify(document, undefined, 2)}\n`;
  const how = await judging(output, out);
  const { chainId, genesisHash } = await loadGenesis(utf8(text), { clock: systemClock, ...how });
  output.endStatus();
  await writeNew(out, text);
  const result = { out, keys, chainId, genesisHash: toHex(genesisHash), validators: count, notes };
  output.result(
    result,
    [...notes, `wrote ${out}: chain ${chainId}, genesis hash ${result.genesisHash}`, `keys in ${keys}`].join(
      '\n',
    ),
  );
}

/** The accounts alone, at the file's own time: the same bytes for everybody, for founders to declare themselves to. */
async function importDraft(source: Uint8Array, { out, denom }: ImportOptions, output: Output): Promise<void> {
  const { draftText, genesisHashOf, importGenesis } = await import('#genesis');
  const { document, notes } = importGenesis(source, {
    validators: [],
    ...(denom !== undefined && { denomination: denom }),
  });
  await writeNew(out, draftText(document));
  const { chainId } = document;
  const genesisHash = toHex(genesisHashOf(document));
  output.result(
    { out, chainId, genesisHash, validators: 0, notes },
    [
      ...notes,
      `wrote ${out}: chain ${chainId}, draft ${genesisHash}`,
      'next: node0 genesis declare --genesis',
    ].join('\n'),
  );
}
