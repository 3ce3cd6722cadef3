import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Random } from '#kernel';
import { decryptKey, encryptKey, parseKeyFile, type KeyFile } from '#kernel/keystore';
import { homeError } from './errors.ts';

/** Reads a key file and opens it with the password in `passwordFile`; returns the 32-byte seed. */
export async function readSeed(keyFile: string, passwordFile: string): Promise<Uint8Array> {
  const [text, password] = await Promise.all([readText(keyFile, 'key file'), readPassword(passwordFile)]);
  return decryptKey(parseKeyFile(text), password);
}

export async function readPassword(file: string): Promise<string> {
  const password = (await readText(file, 'password file')).replace(/\r?\n$/, '');
  if (password === '') throw homeError('password-missing', `the password file ${file} is empty`, { file });
  return password;
}

/** Encrypts a seed into a new key file, mode 0600. Never overwrites. */
export async function writeKeyFile(
  path: string,
  options: { seed: Uint8Array; name: string; password: string; random: Random },
): Promise<KeyFile> {
  const file = await encryptKey(options);
  await writeSecretText(path, `${JSON.stringify(file, undefined, 2)}\n`);
  return file;
}

/**
 * Writes a file that only its owner may read, whole or not at all. Never overwrites.
 *
 * @throws `home.file-exists`
 */
export async function writeSecretText(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}.new`;
  await writeFile(unfinished, text, { mode: 0o600 });
  try {
    await link(unfinished, path);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
    throw homeError(
      'file-exists',
      `${path} is there already; a key is never overwritten: choose another name, or move it away`,
      { file: path },
      { cause },
    );
  } finally {
    await rm(unfinished, { force: true });
  }
}

async function readText(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw homeError('unreadable', `the ${what} ${file} cannot be read: ${reason}`, { file }, { cause });
  }
}
