import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { KEY_TYPE_TAGS, formatForeignAddress, parseAddress, type KeyType } from '#kernel';
import { encryptKey, type KeyFile } from '#kernel/keystore';
import { systemRandom } from '#runtime';
import { cliError } from '../errors.ts';
import { newPassword, readKeyFile } from '../key-access.ts';
import { addHomeOption, addJsonOption } from '../options.ts';
import { Output } from '../output.ts';
import { COSMOS_DERIVATION_PATH, readSecret, type SecretSource } from '../secret-input.ts';

interface WriteOptions {
  type: KeyType;
  out?: string;
  passwordFile?: string;
  home: string;
  json: boolean;
}

interface ShowOptions {
  home: string;
  json: boolean;
  showPrefix?: string;
}

type ImportOptions = WriteOptions & SecretSource & Pick<ShowOptions, 'showPrefix'>;

/** A random secret of either type has so many bytes; for secp256k1, all but one in 2^128 of them are one. */
const SECRET_BYTES = 32;

/** `node0 keys`: make, import and show encrypted key files. */
export function addKeysCommand(program: Command): void {
  const keys = program
    .command('keys')
    .description('make, import and show encrypted key files')
    .exitOverride();
  writeOptions(
    keys
      .command('create <name>')
      .description('make a key and write it encrypted')
      .addOption(typeOption().default('ed25519')),
  )
    .addHelpText(
      'after',
      '\nExample:\n  $ node0 keys create treasury --out treasury.json --password-file password\n',
    )
    .action((name: string, options: WriteOptions) =>
      writeKey(name, options, async () => systemRandom.bytes(SECRET_BYTES)),
    );
  addImportCommand(keys);
  addShowCommand(keys);
}

function addImportCommand(keys: Command): void {
  prefixOption(
    writeOptions(
      keys
        .command('import <name>')
        .description('write a key that was made elsewhere, encrypted')
        .addOption(typeOption().makeOptionMandatory())
        .option('--secret-file <file>', 'file with the 32-byte secret in hexadecimal; - is standard input')
        .option(
          '--mnemonic-file <file>',
          'file with the mnemonic (BIP-39) of a secp256k1 key; - is standard input',
        )
        .option(
          '--derivation-path <path>',
          `path from the mnemonic to the key (default: ${COSMOS_DERIVATION_PATH})`,
        ),
    ),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ node0 keys import holder --type secp256k1 --mnemonic-file words --show-prefix cosmos\n  $ pass show holder | node0 keys import holder --type secp256k1 --secret-file - --password-file password\n',
    )
    .action((name: string, options: ImportOptions) =>
      writeKey(name, options, () => readSecret(options.type, options), options.showPrefix),
    );
}

function addShowCommand(keys: Command): void {
  prefixOption(
    addJsonOption(
      addHomeOption(
        keys.command('show <name-or-file>').description('print the address and public key of a key file'),
      ),
    ),
  )
    .addHelpText('after', '\nExample:\n  $ node0 keys show alice\n')
    .action(async (nameOrFile: string, options: ShowOptions) => {
      const { file } = await readKeyFile(nameOrFile, options.home);
      const { name, type, address, publicKey } = file;
      const foreignAddress = foreignAddressOf(file, options.showPrefix);
      const elsewhere = foreignAddress === undefined ? '' : `elsewhere   ${foreignAddress}\n`;
      new Output(options.json).result(
        { name, type, address, publicKey, foreignAddress },
        `name        ${name}\naddress     ${address}\n${elsewhere}public key  ${publicKey} (${type})`,
      );
    });
}

function typeOption(): Option {
  return new Option('--type <type>', 'type of the key').choices(Object.keys(KEY_TYPE_TAGS));
}

function writeOptions(command: Command): Command {
  return addJsonOption(
    addHomeOption(
      command
        .option('--out <file>', 'file to write (default: HOME/accounts/NAME.json)')
        .option('--password-file <file>', 'file with the password (default: NODE0_PASSWORD, or typed)'),
    ),
  );
}

function prefixOption(command: Command): Command {
  return command.option(
    '--show-prefix <prefix>',
    'show the address of a secp256k1 key as a Cosmos chain with this prefix does, too',
  );
}

async function writeKey(
  name: string,
  options: WriteOptions,
  readKeySecret: () => Promise<Uint8Array>,
  showPrefix?: string,
): Promise<void> {
  if (!/^[\w.-]{1,64}$/.test(name)) {
    throw cliError('usage', `"${name}" is not a key name: use 1 to 64 of A-Z a-z 0-9 . _ -`);
  }
  const { type } = options;
  const path = resolve(options.out ?? join(options.home, 'accounts', `${name}.json`));
  const seed = await readKeySecret();
  const password = await newPassword(options.passwordFile);
  const file = await encryptKey({ seed, type, name, password, random: systemRandom });
  // Before the file: a prefix that is none leaves nothing behind.
  const foreignAddress = foreignAddressOf(file, showPrefix);
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(path, `${JSON.stringify(file, undefined, 2)}\n`, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') {
      throw cliError(
        'file-exists',
        `${path} is there already; a key is never overwritten: choose another name or --out`,
      );
    }
    throw cause;
  }
  const { address, publicKey } = file;
  const elsewhere = foreignAddress === undefined ? '' : `\n${foreignAddress}`;
  new Output(options.json).result(
    { name, path, type, address, foreignAddress, publicKey },
    `${address}${elsewhere}\nwritten to ${path}`,
  );
}

/** The same address as another chain shows it; undefined when nobody asks. */
function foreignAddressOf({ type, address }: KeyFile, prefix: string | undefined): string | undefined {
  if (prefix === undefined) return undefined;
  if (type === 'secp256k1') return formatForeignAddress(prefix, parseAddress(address));
  throw cliError(
    'usage',
    `--show-prefix is for secp256k1 keys: an ${type} key has another address on other chains`,
  );
}
