import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { GenesisDocument } from '#genesis';
import { toHex } from '#kernel';
import { cliError } from '../../errors.ts';
import { openKey } from '../../key-access.ts';
import { addJsonOption } from '../../options.ts';
import { Output } from '../../output.ts';
import { confirm } from '../../prompt.ts';
import { slug } from './declare.ts';
import { readGenesis, writeNew } from './files.ts';

interface ApproveOptions {
  home?: string;
  consensusKey?: string;
  passwordFile?: string;
  genesisHash?: string;
  yes: boolean;
  out?: string;
  json: boolean;
}

/** `node0 genesis approve`: a validator signs the genesis hash. */
export function addApproveCommand(genesis: Command): void {
  addJsonOption(
    genesis
      .command('approve <genesis>')
      .description('approve exactly this genesis: a validator of it signs its hash')
      .option('--home <dir>', 'home of the node: its key is keys/consensus.json')
      .option('--consensus-key <file>', 'key file of the consensus key')
      .option('--password-file <file>', 'file with its password')
      .option('--genesis-hash <hex>', 'the hash that was agreed on; any other is refused')
      .option('--yes', 'approve without asking', false)
      .option('--out <file>', 'approval to write (default: NAME.approval.json)'),
  )
    .addHelpText(
      'after',
      '\nCompare the hash with the other founders over another channel than the file came through.\n\nExample:\n  $ node0 genesis approve genesis.json --home alice --genesis-hash 46731c20…\n',
    )
    .action(approve);
}

async function approve(file: string, options: ApproveOptions): Promise<void> {
  const { approveGenesis, formatSummary } = await import('#genesis');
  const output = new Output(options.json);
  const genesis = await readGenesis(file, output, options.genesisHash);
  const key = options.consensusKey ?? (options.home && join(resolve(options.home), 'keys', 'consensus.json'));
  if (key === undefined)
    throw cliError('usage', 'the consensus key is missing: give --home DIR or --consensus-key FILE');
  // Whoever names the hash has looked at it already.
  const assumeYes = options.yes || options.genesisHash !== undefined;
  if (!assumeYes) {
    output.note(formatSummary(genesis.report, genesis.document as GenesisDocument, { colour: false }));
  }
  const hash = toHex(genesis.genesisHash);
  if (!(await confirm(`approve the genesis ${hash} of ${genesis.chainId}?`, { assumeYes }))) {
    throw cliError('usage', 'nothing was approved');
  }
  const access = { home: options.home ?? '.', passwordFile: options.passwordFile };
  const approval = approveGenesis(genesis, await openKey(key, access));
  const own = genesis.report.validatorSet.find(({ operator }) => operator === approval.operator);
  const out = options.out ?? `${slug(own?.name ?? 'validator')}.approval.json`;
  await writeNew(out, `${JSON.stringify(approval, undefined, 2)}\n`);
  output.result(
    { out, chainId: genesis.chainId, genesisHash: hash, operator: approval.operator },
    `wrote ${out}: ${approval.operator} approves ${hash}\nsend the file to whoever seals`,
  );
}
