import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { ED25519_SEED_BYTES, encryptKey } from '#kernel';
import { systemRandom } from '#runtime';
import { cliError } from '../errors.ts';
import { newPassword, readKeyFile } from '../key-access.ts';
import { addHomeOption, addJsonOption } from '../options.ts';
import { Output } from '../output.ts';

interface CreateOptions {
  out?: string;
  passwordFile?: string;
  home: string;
  json: boolean;
}

/** `node0 keys`: make and show encrypted key files. */
export function addKeysCommand(program: Command): void {
  const keys = program.command('keys').description('make and show encrypted key files').exitOverride();
  addJsonOption(
    addHomeOption(
      keys
        .command('create <name>')
        .description('make an Ed25519 key and write it encrypted')
        .option('--out <file>', 'file to write (default: HOME/accounts/NAME.json)')
        .option('--password-file <file>', 'file with the password (default: NODE0_PASSWORD, or typed)'),
    ),
  )
    .addHelpText(
      'after',
      '\nExample:\n  $ node0 keys create treasury --out treasury.json --password-file password\n',
    )
    .action((name: string, options: CreateOptions) => createKey(name, options));
  addJsonOption(
    addHomeOption(
      keys.command('show <name-or-file>').description('print the address and public key of a key file'),
    ),
  )
    .addHelpText('after', '\nExample:\n  $ node0 keys show alice\n')
    .action(async (nameOrFile: string, options: { home: string; json: boolean }) => {
      const { file } = await readKeyFile(nameOrFile, options.home);
      const { name, type, address, publicKey } = file;
      new Output(options.json).result(
        { name, type, address, publicKey },
        `name        ${name}\naddress     ${address}\npublic key  ${publicKey} (${type})`,
      );
    });
}

async function createKey(name: string, options: CreateOptions): Promise<void> {
  if (!/^[\w.-]{1,64}$/.test(name)) {
    throw cliError('usage', `"${name}" is not a key name: use 1 to 64 of A-Z a-z 0-9 . _ -`);
  }
  const path = resolve(options.out ?? join(options.home, 'accounts', `${name}.json`));
  const password = await newPassword(options.passwordFile);
  const file = await encryptKey({
    seed: systemRandom.bytes(ED25519_SEED_BYTES),
    name,
    password,
    random: systemRandom,
  });
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
  new Output(options.json).result(
    { name, path, address: file.address, publicKey: file.publicKey },
    `${file.address}\nwritten to ${path}`,
  );
}
