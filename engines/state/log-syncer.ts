import { open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/** Reads which write-ahead log file is written now. */
export type CurrentLog = () => Promise<{ readonly number: number }>;

/**
 * Makes RocksDB's write-ahead log durable. The binding writes without sync; this syncs the log file itself
 * (fdatasync), and every file that the log rotated through since the last sync. Concurrent callers share a
 * sync: one that starts after a caller's write covers it.
 */
export class LogSyncer {
  readonly #directory: string;
  readonly #currentLog: CurrentLog;
  #handle: { readonly number: number; readonly file: FileHandle } | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  syncs = 0;

  constructor(directory: string, currentLog: CurrentLog) {
    this.#directory = directory;
    this.#currentLog = currentLog;
  }

  /** Resolves when everything written before the call survives power loss. */
  sync(): Promise<void> {
    if (this.#running === undefined) return this.#start();
    // The running sync may have begun before the caller's write: the next one covers it.
    this.#next ??= this.#running.catch(() => {}).then(() => this.#start());
    return this.#next;
  }

  async close(): Promise<void> {
    await this.#next?.catch(() => {});
    await this.#running?.catch(() => {});
    await this.#handle?.file.close();
    this.#handle = undefined;
  }

  #start(): Promise<void> {
    this.#next = undefined;
    this.#running = this.#syncOnce().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #syncOnce(): Promise<void> {
    const { number } = await this.#currentLog();
    if (this.#handle?.number !== number) await this.#follow(number);
    await this.#handle?.file.datasync();
    this.syncs++;
  }

  /** Syncs the files that the log left since the last sync, and opens the current one. */
  async #follow(number: number): Promise<void> {
    const before = this.#handle;
    await before?.file.datasync();
    for (const left of await this.#logFiles(before?.number ?? 0, number)) await this.#syncIfThere(left);
    // Read-write: some systems refuse to sync through a descriptor that cannot write.
    const file = await open(this.#path(number), 'r+');
    await this.#syncDirectory();
    this.#handle = { number, file };
    await before?.file.close();
  }

  async #logFiles(after: number, before: number): Promise<number[]> {
    const names = await readdir(this.#directory);
    const numbers = names.flatMap((name) => (/^\d+\.log$/.test(name) ? [Number.parseInt(name, 10)] : []));
    return numbers.filter((number) => number > after && number < before).toSorted((a, b) => a - b);
  }

  /** A log file that is gone was flushed to a table, which RocksDB synced. */
  async #syncIfThere(number: number): Promise<void> {
    let file: FileHandle;
    try {
      file = await open(this.#path(number), 'r+');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
      throw error;
    }
    try {
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  async #syncDirectory(): Promise<void> {
    const directory = await open(this.#directory, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  #path(number: number): string {
    return join(this.#directory, `${String(number).padStart(6, '0')}.log`);
  }
}
