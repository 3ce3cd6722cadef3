import { access, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { type SigningKey } from '#kernel';
import { decryptKey, keyOfSecret, parseKeyFile, type KeyFile } from '#kernel/keystore';
import { nativeEd25519Key } from '#runtime';
import { cliError } from './errors.ts';

export interface KeyAccessOptions {
  /** Home whose `accounts/NAME.json` or `keys/NAME.json` a bare name means. */
  readonly home: string;
  readonly passwordFile?: string | undefined;
}

/**
 * Path of the key file that `nameOrFile` means: a file as it is, otherwise an account of the home, or a key of the
 * node whose home it is.
 *
 * @throws `cli.key-not-found`
 */
export async function keyFilePath(nameOrFile: string, home: string): Promise<string> {
  const candidates = [
    resolve(nameOrFile),
    ...['accounts', 'keys'].map((folder) => join(resolve(home), folder, `${nameOrFile}.json`)),
  ];
  for (const candidate of candidates) {
    if (await isThere(candidate)) return candidate;
  }
  throw cliError(
    'key-not-found',
    `there is no key file ${candidates.join(' nor ')}; make one with "node0 keys create"`,
  );
}

export async function readKeyFile(
  nameOrFile: string,
  home: string,
): Promise<{ file: KeyFile; path: string }> {
  const path = await keyFilePath(nameOrFile, home);
  return { file: parseKeyFile(await readFile(path, 'utf8')), path };
}

/** The seed of an Ed25519 key file, opened with the password that `findPassword` finds. */
export async function openSeed(nameOrFile: string, options: KeyAccessOptions): Promise<Uint8Array> {
  const { file, path } = await readKeyFile(nameOrFile, options.home);
  return decryptKey(file, await findPassword(path, options.passwordFile));
}

/** The key of a file, of whatever type it is. */
export async function openKey(nameOrFile: string, options: KeyAccessOptions): Promise<SigningKey> {
  const { file, path } = await readKeyFile(nameOrFile, options.home);
  const secret = await decryptKey(file, await findPassword(path, options.passwordFile), file.type);
  return file.type === 'ed25519' ? nativeEd25519Key(secret) : keyOfSecret(file.type, secret);
}

/**
 * The password: of `--password-file`, of the variable NODE0_PASSWORD, of the file `password` of the home that
 * the key lies in, or typed on a terminal.
 *
 * @throws `cli.password-missing`
 */
async function findPassword(keyPath: string, passwordFile: string | undefined): Promise<string> {
  if (passwordFile !== undefined) return readPasswordFile(passwordFile);
  const fromEnvironment = process.env['NODE0_PASSWORD'];
  if (fromEnvironment !== undefined) return fromEnvironment;
  const beside = join(dirname(dirname(keyPath)), 'password');
  if (await isThere(beside)) return readPasswordFile(beside);
  if (process.stdin.isTTY) return askPassword(`password of ${keyPath}: `);
  throw cliError(
    'password-missing',
    `${keyPath} is encrypted; give its password with --password-file FILE or in NODE0_PASSWORD`,
  );
}

/**
 * The password for a new key: of `--password-file`, of the variable NODE0_PASSWORD, or typed twice.
 *
 * @throws `cli.password-missing`, `cli.usage`
 */
export async function newPassword(passwordFile: string | undefined): Promise<string> {
  if (passwordFile !== undefined) return readPasswordFile(passwordFile);
  const fromEnvironment = process.env['NODE0_PASSWORD'];
  if (fromEnvironment !== undefined) return fromEnvironment;
  if (!process.stdin.isTTY) {
    throw cliError(
      'password-missing',
      'give the new key a password with --password-file FILE or in NODE0_PASSWORD',
    );
  }
  const password = await askPassword('new password: ');
  if ((await askPassword('again: ')) !== password) throw cliError('usage', 'the two passwords differ');
  return password;
}

export async function readPasswordFile(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw cliError(
      'file-unreadable',
      `the password file ${file} cannot be read (${reason})`,
      { file },
      { cause },
    );
  }
}

/** Reads a line from the terminal without showing it. */
export async function askPassword(question: string): Promise<string> {
  process.stderr.write(question);
  const lines = createInterface({ input: process.stdin, terminal: true });
  try {
    return await lines.question('');
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
