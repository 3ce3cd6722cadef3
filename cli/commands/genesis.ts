import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { ADDRESS_BYTES, ED25519_SEED_BYTES, toHex } from '#kernel';
import { nativeEd25519Key, systemClock, systemRandom } from '#runtime';
import { cliError } from '../errors.ts';
import { addJsonOption, wholeNumber } from '../options.ts';
import { EXIT, Output } from '../output.ts';
import { judging } from '../judging.ts';

const VALIDATORS = 4;
const VALIDATORS_MAX = 64;

/** `node0 genesis`: judge, hash and import genesis documents. Works without any node. */
export function addGenesisCommand(program: Command): void {
  const genesis = program
    .command('genesis')
    .description('judge, hash and import genesis documents')
    .exitOverride();
  addJsonOption(
    genesis
      .command('validate <file>')
      .description('judge a genesis document of this system, of CometBFT or of the Cosmos SDK'),
  )
    .addHelpText(
      'after',
      '\nExit code: 0 valid, 1 invalid, 2 the file is no genesis document or cannot be read.\n\nExamples:\n  $ node0 genesis validate genesis.json\n  $ node0 genesis validate genesis.json --json\n',
    )
    .action(validate);
  addJsonOption(
    genesis.command('hash <file>').description('print the genesis hash of a valid document of this system'),
  )
    .addHelpText('after', '\nExample:\n  $ node0 genesis hash .node0/genesis.json\n')
    .action(printHash);
  addJsonOption(
    genesis
      .command('import <file>')
      .description('make a genesis for a rehearsal from that of another chain')
      .requiredOption('--out <file>', 'genesis to write')
      .option(
        '--validators <number>',
        `local validators that take the place of the largest (default: ${VALIDATORS})`,
        wholeNumber(1, VALIDATORS_MAX),
      )
      .option(
        '--keys <dir>',
        'folder for the keys of the local validators (default: keys beside the genesis)',
      )
      .option('--denom <name>', 'denomination to carry over (default: the one that is staked)'),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ node0 genesis import cosmoshub.json --out genesis.json --validators 4 --keys keys\n  $ node0 up --home rehearsal --genesis genesis.json --keys keys\n',
    )
    .action(importForeign);
}

async function validate(file: string, options: { json: boolean }): Promise<void> {
  const { formatReport, validateGenesis } = await import('#genesis');
  const output = new Output(options.json);
  const report = await validateGenesis(await readGenesis(file), systemClock, await judging(output, file));
  output.endStatus();
  output.result(report, formatReport(report, { colour: process.stdout.isTTY }));
  if (report.valid) return;
  process.exitCode = report.format === 'unknown' ? EXIT.usage : EXIT.failed;
}

async function printHash(file: string, options: { json: boolean }): Promise<void> {
  const { loadGenesis } = await import('#genesis');
  const output = new Output(options.json);
  const { chainId, genesisHash } = await loadGenesis(await readGenesis(file), {
    clock: systemClock,
    ...(await judging(output, file)),
    dryRun: false,
  });
  output.endStatus();
  output.result({ chainId, genesisHash: toHex(genesisHash) }, toHex(genesisHash));
}

interface ImportOptions {
  out: string;
  validators?: number;
  keys?: string;
  denom?: string;
  json: boolean;
}

async function importForeign(file: string, options: ImportOptions): Promise<void> {
  const { importGenesis, loadGenesis, validateGenesis } = await import('#genesis');
  const { makeValidatorKeys } = await import('#node');
  const output = new Output(options.json);
  const source = await readGenesis(file);
  const out = resolve(options.out);
  const keys = resolve(options.keys ?? join(out, '..', 'keys'));
  const { summary } = await validateGenesis(source, systemClock, await judging(output, file));
  const count = options.validators ?? Math.min(VALIDATORS, Math.max(1, summary.validators));
  // Judged with keys that nobody keeps first: a document that cannot be imported leaves nothing behind.
  const request = {
    timeMs: systemClock.now(),
    ...(options.denom !== undefined && { denomination: options.denom }),
  };
  importGenesis(source, { ...request, validators: throwawayKeys(count) });
  const validators = await makeValidatorKeys(keys, count);
  const { document, notes } = importGenesis(source, { ...request, validators });
  const text = `${JSON.stringify(document, undefined, 2)}\n`;
  const bytes = new TextEncoder().encode(text);
  const { chainId, genesisHash } = await loadGenesis(bytes, {
    clock: systemClock,
    ...(await judging(output, out)),
  });
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

function throwawayKeys(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    name: `validator-${index}`,
    consensusKey: nativeEd25519Key(systemRandom.bytes(ED25519_SEED_BYTES)),
    operator: systemRandom.bytes(ADDRESS_BYTES),
  }));
}

async function readGenesis(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw cliError('file-unreadable', `${file} cannot be read: ${reason}`, { file }, { cause });
  }
}

async function writeNew(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
    throw cliError(
      'file-exists',
      `${path} is there already; a genesis is never overwritten: choose another --out, or move it away`,
      { file: path },
      { cause },
    );
  }
}
