import { mkdir, readFile, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Genesis, Judged, NamedFile } from '#genesis';
import { systemClock } from '#runtime';
import { cliError } from '../../errors.ts';
import { judging } from '../../judging.ts';
import type { Output } from '../../output.ts';

/** @throws `cli.file-unreadable` */
export async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function unreadable(file: string, cause: unknown) {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return cliError('file-unreadable', `${file} cannot be read: ${reason}`, { file }, { cause });
}

/**
 * A genesis that a node could start from.
 *
 * @throws `cli.file-unreadable`, `genesis.invalid`, `genesis.unexpected-hash`
 */
export async function readGenesis(file: string, output: Output, expectedHash = ''): Promise<Genesis> {
  const { loadGenesis } = await import('#genesis');
  const how = await judging(output, file);
  const genesis = await loadGenesis(await readBytes(file), {
    ...how,
    clock: systemClock,
    expectedHash,
    dryRun: false,
  });
  output.endStatus();
  return genesis;
}

/** A document of any format, judged. @throws `cli.file-unreadable` */
export async function judgeFile(file: string, output: Output): Promise<Judged> {
  const { judgeGenesis } = await import('#genesis');
  const judged = await judgeGenesis(await readBytes(file), systemClock, await judging(output, file));
  output.endStatus();
  return judged;
}

/** Writes a file that is not there yet, for its owner alone. @throws `cli.file-exists` */
export function writeSecret(path: string, text: string): Promise<void> {
  return writeNew(path, text, 0o600);
}

/** Writes a file that is not there yet. @throws `cli.file-exists` */
export async function writeNew(path: string, text: string, mode = 0o666): Promise<void> {
  await mkdir(dirname(resolve(path)), { recursive: true });
  try {
    await writeFile(path, text, { flag: 'wx', mode });
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
    throw cliError(
      'file-exists',
      `${path} is there already and is not overwritten: choose another --out, or move it away`,
      { file: path },
      { cause },
    );
  }
}

/** Replaces a file's content at once: whoever reads it sees the old or the new. */
export async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

/**
 * The files that are named, and every `.json` directly in the folders that are named, in the order of their names.
 *
 * @throws `cli.file-unreadable`, `cli.usage` when there is none
 */
export async function readFiles(places: readonly string[]): Promise<NamedFile[]> {
  const files: NamedFile[] = [];
  for (const place of places) {
    const paths = (await isFolder(place)) ? await jsonFilesIn(place) : [place];
    for (const path of paths) {
      const name = places.length === 1 && path !== place ? basename(path) : path;
      files.push({ name, bytes: await readBytes(path) });
    }
  }
  if (files.length > 0) return files;
  throw cliError('usage', `there is no .json file in ${places.join(', ')}`);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function jsonFilesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
    .map(({ name }) => join(folder, name))
    .toSorted();
}
