import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, stat, truncate, open, link } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('power-loss.c', import.meta.url));
const RECORD_HEAD_BYTES = 24;
/** Offset of the record that says how much of the notes is durable. */
const SYNCED = 0xffff_ffff_ffff_ffffn;

/** How much of what was not synced is gone: all of it, or a tail of the writes that begins in the middle of one. */
export type Loss = 'all' | 'torn';

/** Numbers from 0 to below 1. */
export type Chance = () => number;

/** Builds the library that makes a process's writes losable. Undefined, said aloud, where that cannot be. */
export async function buildPowerLoss(): Promise<PowerLossLibrary | undefined> {
  const reason = process.platform === 'linux' ? undefined : `no LD_PRELOAD on ${process.platform}`;
  if (reason === undefined) {
    const folder = await mkdtemp(join(tmpdir(), 'node0-power-'));
    const path = join(folder, 'power-loss.so');
    const built = spawnSync('gcc', ['-shared', '-fPIC', '-O2', '-o', path, SOURCE, '-ldl', '-lpthread'], {
      encoding: 'utf8',
    });
    if (built.status === 0) return { path, remove: () => rm(folder, { recursive: true, force: true }) };
    await rm(folder, { recursive: true, force: true });
    console.error(
      `SKIPPED power loss: gcc does not build the library: ${built.error?.message ?? built.stderr}`,
    );
    return undefined;
  }
  console.error(`SKIPPED power loss: ${reason}`);
  return undefined;
}

export interface PowerLossLibrary {
  readonly path: string;
  remove(): Promise<void>;
}

/** The disk of one node: a folder whose unsynced writes can be lost after the process was killed. */
export class LosableDisk {
  readonly #library: PowerLossLibrary;
  readonly #root: string;
  readonly #notes: string;

  /**
   * @param root folder of the data
   * @param notes folder for the notes, on the same file system and outside of `root`
   */
  constructor(library: PowerLossLibrary, root: string, notes: string) {
    this.#library = library;
    this.#root = root;
    this.#notes = notes;
  }

  /** What a process needs in its environment. */
  async environment(more: Readonly<Record<string, string>> = {}): Promise<Record<string, string>> {
    await Promise.all([mkdir(this.#root, { recursive: true }), mkdir(this.#notes, { recursive: true })]);
    return {
      LD_PRELOAD: this.#library.path,
      POWERLOSS_ROOT: this.#root,
      POWERLOSS_NOTES: this.#notes,
      POWERLOSS_SYNC_US: '500',
      ...more,
    };
  }

  /** Takes back what was not synced. The process must be dead. @returns writes and names that went */
  async lose(loss: Loss, chance: Chance): Promise<{ writes: number; names: number }> {
    let writes = 0;
    const paths = await this.#pathsByInode();
    for (const name of await readdir(this.#notes)) {
      if (!name.endsWith('.undo')) continue;
      const path = paths.get(name.slice(0, -'.undo'.length));
      const records = unsyncedRecords(await readFile(join(this.#notes, name)));
      if (path !== undefined) writes += await takeBack(path, records, loss, chance);
    }
    const names = await this.#takeBackNames();
    await rm(this.#notes, { recursive: true, force: true });
    return { writes, names };
  }

  async #pathsByInode(): Promise<Map<string, string>> {
    const paths = new Map<string, string>();
    for (const folder of [this.#notes, this.#root]) {
      for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        paths.set(String((await stat(path)).ino), path);
      }
    }
    return paths;
  }

  /** Names made, changed and removed since the last sync of their folder are as they were. */
  async #takeBackNames(): Promise<number> {
    const text = await readFile(join(this.#notes, 'names'), 'utf8').catch(() => '');
    const lines = text.split('\n').filter((line) => line !== '');
    const synced = new Set<string>();
    let count = 0;
    for (const line of lines.toReversed()) {
      const [kind = '', path = '', second = '-', third = '-'] = line.split('\t');
      const folder = path.slice(0, path.lastIndexOf('/'));
      if (kind === 'S') synced.add(path);
      else if (!synced.has(folder)) count += Number(await undoName(kind, path, second, third));
    }
    return count;
  }
}

async function undoName(kind: string, path: string, second: string, third: string): Promise<boolean> {
  switch (kind) {
    case 'C':
      if (!(await isThere(path))) return false;
      await rm(path);
      return true;
    case 'U':
      // Noted, and the process died before it was done.
      if (await isThere(path)) return false;
      await link(second, path);
      return true;
    case 'R':
      if ((await isThere(path)) || !(await isThere(second))) return false;
      await rename(second, path);
      if (third !== '-') await link(third, second);
      return true;
    default:
      throw new Error(`a note of names is malformed: ${kind}`);
  }
}

interface UndoRecord {
  readonly offset: number;
  readonly size: number;
  readonly before: Uint8Array;
}

/** The records after the last sync; a last one that was cut off was never followed by its write. */
function unsyncedRecords(bytes: Buffer): UndoRecord[] {
  const records: (UndoRecord & { at: number })[] = [];
  let durable = 0;
  let at = 0;
  while (at + RECORD_HEAD_BYTES <= bytes.length) {
    const offset = bytes.readBigUInt64LE(at);
    const length = Number(bytes.readBigUInt64LE(at + 8));
    const size = Number(bytes.readBigUInt64LE(at + 16));
    const end = at + RECORD_HEAD_BYTES + length;
    if (end > bytes.length) break;
    if (offset === SYNCED) durable = Math.max(durable, size);
    else
      records.push({ at, offset: Number(offset), size, before: bytes.subarray(at + RECORD_HEAD_BYTES, end) });
    at = end;
  }
  return records.filter((record) => record.at >= durable);
}

async function takeBack(
  path: string,
  records: readonly UndoRecord[],
  loss: Loss,
  chance: Chance,
): Promise<number> {
  const kept = loss === 'all' ? 0 : Math.floor(chance() * (records.length + 1));
  const gone = records.slice(kept);
  for (const [index, record] of [...gone.entries()].toReversed()) {
    const isTorn = loss === 'torn' && index === 0;
    await undo(path, record, isTorn ? chance() : 0);
  }
  return gone.length;
}

/** @param part of the write that reached the disk, 0 to 1 */
async function undo(path: string, { offset, size, before }: UndoRecord, part: number): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const end = (await file.stat()).size;
    const reached = Math.floor(part * Math.max(0, Math.max(end, size) - offset));
    if (reached < before.length) await file.write(before, reached, before.length - reached, offset + reached);
    const length = Math.max(size, Math.min(end, offset + reached));
    await truncate(path, part === 0 ? size : length);
  } finally {
    await file.close();
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
