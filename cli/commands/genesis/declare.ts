import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { DeclarationTerms } from '#genesis';
import { cliError } from '../../errors.ts';
import { openKey } from '../../key-access.ts';
import { addJsonOption } from '../../options.ts';
import { Output } from '../../output.ts';
import { basisPoints } from '../../percentage.ts';
import { askFor } from '../../prompt.ts';
import { readBytes, writeNew } from './files.ts';

interface DeclareOptions {
  genesis?: string;
  chainId?: string;
  home?: string;
  operator?: string;
  consensusKey?: string;
  passwordFile?: string;
  stake?: string;
  name?: string;
  commission: string;
  maxCommission: string;
  maxCommissionChange: string;
  website?: string;
  contact?: string;
  description?: string;
  location?: string;
  peer?: string;
  out?: string;
  json: boolean;
}

/** `node0 genesis declare`: a founder's signed declaration. */
export function addDeclareCommand(genesis: Command): void {
  addJsonOption(
    genesis
      .command('declare')
      .description('declare a validator for a genesis, signed by its operator and its consensus key')
      .option('--genesis <file>', 'draft that it is for; names the chain')
      .option('--chain-id <id>', 'the chain, where the draft is not at hand')
      .option('--home <dir>', 'home of the node: its keys are keys/operator.json and keys/consensus.json')
      .option('--operator <file>', 'key file of the account that holds the stake')
      .option('--consensus-key <file>', 'key file of the consensus key')
      .option('--password-file <file>', 'file with the password of both')
      .option('--stake <amount>', 'base units that the operator puts at risk')
      .option('--name <text>', 'name of the validator')
      .option('--commission <percent>', 'share of the delegators’ rewards', '10%')
      .option('--max-commission <percent>', 'largest commission ever', '20%')
      .option('--max-commission-change <percent>', 'largest change in a day', '1%')
      .option('--website <url>', 'where to learn about the operator')
      .option('--contact <text>', 'how to reach the operator, e.g. an e-mail address')
      .option('--description <text>', 'a few words')
      .option('--location <text>', 'where the machine stands')
      .option(
        '--peer <multiaddr>',
        'where other nodes reach it: /dns4/HOST/tcp/26656/p2p/PEER-ID (default: that of the home)',
      )
      .option('--out <file>', 'declaration to write (default: NAME.declaration.json)'),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ node0 genesis declare --genesis genesis.json --home alice --stake 5000000000 --name "Alice Nodes" --contact ops@alice.example\n  $ node0 genesis declare --chain-id bizra-1 --operator operator.json --consensus-key consensus.json --stake 5000000000 --name Bob\n',
    )
    .action(declare);
}

async function declare(options: DeclareOptions): Promise<void> {
  const { makeDeclaration } = await import('#genesis');
  const chainId = await chainIdOf(options);
  const operatorFile = keyFileOf(options, options.operator, 'operator');
  const consensusFile = keyFileOf(options, options.consensusKey, 'consensus');
  const name = options.name ?? (await askFor('name of the validator', '--name TEXT'));
  const fits = (text: string): boolean => /^[1-9]\d*$/.test(text);
  const stake =
    options.stake ?? (await askFor('stake', '--stake AMOUNT', { hint: 'base units, whole number', fits }));
  const access = { home: options.home ?? '.', passwordFile: options.passwordFile };
  const keys = {
    operatorKey: await openKey(operatorFile, access),
    consensusKey: await openKey(consensusFile, access),
  };
  const peer = options.peer ?? (await peerOfHome(options.home));
  const declaration = makeDeclaration(keys, termsOf({ ...options, peer }, name, stake), chainId);
  const out = options.out ?? `${slug(name)}.declaration.json`;
  await writeNew(out, `${JSON.stringify(declaration, undefined, 2)}\n`);
  const { operator, consensusKey } = declaration.validator;
  new Output(options.json).result(
    { out, chainId, name, operator, consensusKey: consensusKey.value, stake },
    `wrote ${out}: ${name} declares ${stake} for ${chainId}\noperator ${operator}\nsend the file to whoever collects; it holds no secret`,
  );
}

async function chainIdOf({ genesis, chainId }: DeclareOptions): Promise<string> {
  if (genesis === undefined) return chainId ?? askFor('chain id', '--genesis FILE or --chain-id ID');
  const { readDraft } = await import('#genesis');
  const draft = readDraft(await readBytes(genesis));
  if (chainId === undefined || chainId === draft.chainId) return draft.chainId;
  throw cliError('usage', `${genesis} is of the chain ${draft.chainId}, not of ${chainId}`);
}

function keyFileOf(
  { home }: DeclareOptions,
  given: string | undefined,
  name: 'operator' | 'consensus',
): string {
  if (given !== undefined) return given;
  if (home !== undefined) return join(resolve(home), 'keys', `${name}.json`);
  const option = name === 'operator' ? '--operator FILE' : '--consensus-key FILE';
  throw cliError('usage', `the ${name} key is missing: give --home DIR or ${option}`);
}

/** The address that `node0 init` found for the home, where it could tell. */
async function peerOfHome(home: string | undefined): Promise<string | undefined> {
  if (home === undefined) return undefined;
  try {
    return (await readFile(join(resolve(home), 'peer'), 'utf8')).trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function termsOf(
  options: Omit<DeclareOptions, 'peer'> & { peer: string | undefined },
  name: string,
  stake: string,
): DeclarationTerms {
  const { website, contact, description, location, peer } = options;
  const identity = { name, website, contact, description, location };
  const given = Object.fromEntries(Object.entries(identity).filter(([, text]) => text !== undefined));
  return {
    stake,
    commission: {
      rate: basisPoints(options.commission, '--commission'),
      maxRate: basisPoints(options.maxCommission, '--max-commission'),
      maxDailyChange: basisPoints(options.maxCommissionChange, '--max-commission-change'),
    },
    identity: { ...given, name },
    ...(peer !== undefined && { peer }),
  };
}

/** A file name of a validator's name. */
export function slug(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40);
  return plain === '' ? 'validator' : plain;
}
