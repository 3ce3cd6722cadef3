import { access, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Random } from '#kernel';
import { decryptKey, encryptKey, parseKeyFile, type KeyFile } from '#kernel/keystore';
import { homeError } from './errors.ts';

/** Reads a key file and opens it; returns the 32-byte seed. */
export async function readSeed(keyFile: string, password: string): Promise<Uint8Array> {
  return decryptKey(parseKeyFile(await readText(keyFile, 'key file')), password);
}

/**
 * The password in the file; where there is no such file, the one of the environment.
 *
 * @throws `home.unreadable`, `home.password-missing`
 */
export async function findPassword(file: string, fromEnvironment: string | undefined): Promise<string> {
  if (fromEnvironment === undefined || fromEnvironment === '' || (await isThere(file))) {
    return readPassword(file);
  }
  return fromEnvironment;
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

/** Whether there is anything at the path. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
