import { mkdir, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import RocksDB from 'rocksdb-native';
import { writeAcrossFamilies } from './cross-family-batch.ts';
import { stateEngineError } from './errors.ts';
import { LogSyncer } from './log-syncer.ts';
import { CollectedBatch, operationsOf } from './operations.ts';
import {
  STATE_FAMILIES,
  type Entry,
  type RangeOptions,
  type StateEngine,
  type StateFamily,
  type StateProfile,
} from './port.ts';
import { PROFILES } from './profiles.ts';

type Native = InstanceType<typeof RocksDB>;

/** Entries that an iterator fetches at once. */
const ITERATOR_CAPACITY = 256;

/** Directories open in this process: the binding crashes the process on a second open of one. */
const openDirectories = new Set<string>();

/**
 * Opens RocksDB in a directory, alone: the operating system frees its lock when the process dies.
 *
 * @throws `engine.state.already-open`, `engine.state.corrupt`, `engine.state.io`
 */
export async function openRocksdbEngine(directory: string, profile: StateProfile): Promise<StateEngine> {
  await mkdir(directory, { recursive: true });
  const path = await realpath(directory);
  if (openDirectories.has(path)) {
    throw stateEngineError('already-open', `the state directory ${path} is open in this process already`, {
      path,
    });
  }
  await refuseHeadless(path);
  openDirectories.add(path);
  try {
    const { database, families } = PROFILES[profile];
    const root = new RocksDB(path, {
      ...database,
      columnFamilies: STATE_FAMILIES.map(
        (family) =>
          new RocksDB.ColumnFamily(family, {
            ...families(family),
            filterPolicy: new RocksDB.BloomFilterPolicy(BLOOM_BITS_PER_KEY),
          }),
      ),
    });
    try {
      await root.ready();
    } catch (cause) {
      await root.close({ force: true }).catch(() => {});
      throw openError(path, cause);
    }
    return new RocksdbEngine(root, path);
  } catch (error) {
    openDirectories.delete(path);
    throw error;
  }
}

/** 10 bits a key: one absent key in a hundred costs a read. */
const BLOOM_BITS_PER_KEY = 10;

class RocksdbEngine implements StateEngine {
  readonly #root: Native;
  readonly #path: string;
  readonly #sessions: ReadonlyMap<string, Native>;
  readonly #syncer: LogSyncer;
  #closing: Promise<void> | undefined;
  #writes = 0;
  #syncedWrites = 0;

  constructor(root: Native, path: string) {
    this.#root = root;
    this.#path = path;
    this.#sessions = new Map(STATE_FAMILIES.map((family) => [family, root.columnFamily(family)]));
    this.#syncer = new LogSyncer(path, () => root.currentWalFile());
  }

  async get(family: StateFamily, key: Uint8Array): Promise<Uint8Array | undefined> {
    const [value] = await this.getMany(family, [key]);
    return value;
  }

  async getMany(family: StateFamily, keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    if (keys.length === 0) return [];
    const session = this.#session(family);
    try {
      const batch = session.read({ capacity: keys.length, autoDestroy: true });
      const reads = keys.map((key) => batch.get(key));
      batch.tryFlush();
      return (await Promise.all(reads)).map((value) => (value === null ? undefined : plain(value)));
    } catch (cause) {
      throw this.#failure('read', cause);
    }
  }

  async *range(family: StateFamily, options: RangeOptions): AsyncIterable<Entry> {
    const limit = options.limit ?? Infinity;
    if (limit <= 0) return;
    const session = this.#session(family);
    const range = { ...options, limit, capacity: Math.min(ITERATOR_CAPACITY, limit) };
    try {
      for await (const { key, value } of session.iterator(range))
        yield { key: plain(key), value: plain(value) };
    } catch (cause) {
      throw this.#failure('read', cause);
    }
  }

  async rangeAll(family: StateFamily, options: RangeOptions & { readonly limit: number }): Promise<Entry[]> {
    const entries: Entry[] = [];
    for await (const entry of this.range(family, options)) entries.push(entry);
    return entries;
  }

  batch(): CollectedBatch {
    return new CollectedBatch();
  }

  async write(batch: CollectedBatch, { sync = false }: { readonly sync?: boolean } = {}): Promise<void> {
    this.#mustBeOpen();
    const operations = operationsOf(batch);
    try {
      if (operations.length > 0) await writeAcrossFamilies(this.#root, this.#sessions, operations);
      this.#writes++;
      if (!sync) return;
      await this.#syncer.sync();
      this.#syncedWrites++;
    } catch (cause) {
      throw this.#failure('write', cause);
    }
  }

  async statistics() {
    this.#mustBeOpen();
    let approximateBytes = 0;
    for (const session of this.#sessions.values()) {
      for (const property of ['rocksdb.total-sst-files-size', 'rocksdb.cur-size-all-mem-tables']) {
        approximateBytes += Number((await session.getProperty(property)) ?? 0);
      }
    }
    return {
      approximateBytes,
      writes: this.#writes,
      syncedWrites: this.#syncedWrites,
      logSyncs: this.#syncer.syncs,
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#syncer.close();
    for (const session of this.#sessions.values()) await session.close();
    await this.#root.close();
    openDirectories.delete(this.#path);
  }

  #session(family: StateFamily): Native {
    this.#mustBeOpen();
    return this.#sessions.get(family) as Native;
  }

  #mustBeOpen(): void {
    if (this.#closing !== undefined) throw stateEngineError('closed', 'the state engine is closed');
  }

  #failure(what: string, cause: unknown): Error {
    const reason = reasonOf(cause);
    if (isDamage(reason)) return damaged(this.#path, reason, cause);
    return stateEngineError(
      'io',
      `RocksDB in ${this.#path} failed to ${what}: ${reason}; check the disk and its free space, then start again`,
      { path: this.#path },
      { cause },
    );
  }
}

function openError(path: string, cause: unknown): Error {
  const reason = reasonOf(cause);
  if (/lock/i.test(reason)) {
    const advice = 'stop that process, or use another home';
    return stateEngineError(
      'already-open',
      `another process uses the state directory ${path}; ${advice}`,
      { path },
      { cause },
    );
  }
  if (isDamage(reason)) return damaged(path, reason, cause);
  return stateEngineError(
    'io',
    `RocksDB in ${path} cannot be opened: ${reason}; check the disk and its free space, then start again`,
    { path },
    { cause },
  );
}

/** What no crash leaves behind: blocks that fail their checksum, and files that are gone. */
function isDamage(reason: string): boolean {
  return /corrupt|checksum|no such file|truncated/i.test(reason);
}

function damaged(path: string, reason: string, cause?: unknown): Error {
  return stateEngineError(
    'corrupt',
    `RocksDB in ${path} is damaged (${reason}); restore it from a backup, or remove it and let the node fetch the blocks ` +
      'from its peers; a validator keeps data/signer',
    { path },
    { cause },
  );
}

/**
 * RocksDB begins a new database where the file is missing that names the current one, whatever else lies there. That
 * is right for a first start that was cut short; a directory with tables or a log lost a file.
 */
async function refuseHeadless(path: string): Promise<void> {
  const names = await readdir(path);
  if (names.includes('CURRENT')) return;
  for (const name of names.filter((one) => /\.(sst|log)$/.test(one))) {
    const { size } = await stat(join(path, name));
    if (size > 0) throw damaged(path, `${name} is there and CURRENT is missing`);
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? cause.cause.message : cause.message;
}

/** The bytes as a plain Uint8Array over the same memory, which the binding allocated for this value. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
