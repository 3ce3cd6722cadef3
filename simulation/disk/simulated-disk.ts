import { createMemoryStateEngine, stateEngineError, type StateEngine } from '#engines/state';
import { toHex } from '#kernel';
import type { LogDirectory } from '#services/consensus';
import type { Journal } from '#services/transaction';
import type { SeededRandom } from '../random.ts';
import type { LifeScheduler } from '../time/machine-clock.ts';
import { Files } from './files.ts';

/** What ails a disk now. */
export interface DiskFaults {
  full: boolean;
  failSyncs: boolean;
  /** Chance that a read of the state fails. */
  readErrors: number;
  /** Longest time of a sync, milliseconds. */
  syncMsMax: number;
  /** Writes and syncs until the machine goes down in the midst of one; undefined for never. */
  crashAfter: number | undefined;
}

/** What one life of a node sees of the disk. */
export interface MountedDisk {
  readonly engine: StateEngine;
  readonly consensusLog: LogDirectory;
  readonly signRecord: LogDirectory;
  readonly journal: Journal;
}

const HEALTHY: DiskFaults = {
  full: false,
  failSyncs: false,
  readErrors: 0,
  syncMsMax: 2,
  crashAfter: undefined,
};

/**
 * What a machine that is down is given: a promise that never settles, so that nothing goes on after the end. Each
 * time another one: whoever waits for a promise hangs on it, and one for all would keep every node that went down.
 */
function never(): Promise<never> {
  return new Promise<never>(() => undefined);
}

/** A machine's disk: lasts over the lives of its node, and loses at a power cut what was not synced. */
export class SimulatedDisk {
  readonly #random: SeededRandom;
  readonly #log = new Files();
  readonly #signRecord = new Files();
  #engine = createMemoryStateEngine();
  #journal: Uint8Array[] = [];
  #journalDurable = 0;
  faults: DiskFaults = { ...HEALTHY };
  /** Operations that failed for a fault of the disk, over all lives. */
  failures = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  heal(): void {
    this.faults = { ...HEALTHY };
  }

  /** Power loss: unsynced writes are lost, in whole or in part. A killed process alone loses nothing here. */
  losePower(): void {
    const { unsynced } = this.#engine;
    this.#engine = this.#engine.crash(this.#random.integer(unsynced + 1));
    this.#log.losePower(this.#random);
    this.#signRecord.losePower(this.#random);
    this.#journal.length = this.#random.between(this.#journalDurable, this.#journal.length);
    this.#journalDurable = this.#journal.length;
  }

  /** The operator removes the write-ahead log; the record of the last signature stays. */
  loseLog(): void {
    this.#log.clear();
  }

  /** Syncs that ended, of the write-ahead log and of the record of the last signature. */
  get syncs(): { readonly log: number; readonly signRecord: number } {
    return { log: this.#log.syncs, signRecord: this.#signRecord.syncs };
  }

  /** Entries of the state, with their keys in hex, in order. */
  async stateEntries(): Promise<[key: string, value: Uint8Array][]> {
    const entries: [string, Uint8Array][] = [];
    for await (const { key, value } of this.#engine.range('state', {})) entries.push([toHex(key), value]);
    return entries;
  }

  /** Bytes of the write-ahead log. */
  get logBytes(): number {
    return this.#log.bytes;
  }

  /** @param onCrash the machine goes down in the midst of a write */
  mount(life: LifeScheduler, onCrash: () => void): MountedDisk {
    const access = new DiskAccess(this, life, this.#random, onCrash);
    // RocksDB flushes what it recovers from its log when it opens.
    void this.#engine.write(this.#engine.batch(), { sync: true });
    return {
      engine: engineOf(this.#engine, access),
      consensusLog: directoryOf(this.#log, access),
      signRecord: directoryOf(this.#signRecord, access),
      journal: this.#journalOf(access),
    };
  }

  #journalOf(access: DiskAccess): Journal {
    const size = (): number => this.#journal.reduce((sum, { length }) => sum + 4 + length, 0);
    return {
      append: async (encoded) => {
        await access.write(() => {
          this.#journal.push(...encoded.map((bytes) => bytes.slice()));
        });
        const written = this.#journal.length;
        await access.sync(() => {
          this.#journalDurable = Math.max(this.#journalDurable, Math.min(written, this.#journal.length));
        });
      },
      read: () => access.read(() => this.#journal.map((bytes) => bytes.slice())),
      rewrite: async (encoded) => {
        const next = encoded.map((bytes) => bytes.slice());
        await access.sync(() => {
          this.#journal = next;
          this.#journalDurable = next.length;
        });
      },
      get bytes() {
        return size();
      },
      close: async () => undefined,
    };
  }
}

/** How one life gets at the disk: every operation may fail, take time, or be the machine's last. */
class DiskAccess {
  readonly #disk: SimulatedDisk;
  readonly #life: LifeScheduler;
  readonly #random: SeededRandom;
  readonly #onCrash: () => void;

  constructor(disk: SimulatedDisk, life: LifeScheduler, random: SeededRandom, onCrash: () => void) {
    this.#disk = disk;
    this.#life = life;
    this.#random = random;
    this.#onCrash = onCrash;
  }

  async read<Value>(work: () => Value | Promise<Value>): Promise<Value> {
    if (!this.#life.isAlive) return never();
    if (this.#random.chance(this.#disk.faults.readErrors))
      throw this.#failure('input/output error at a read');
    return work();
  }

  /** @param half what a write that is cut off leaves */
  async write(work: () => void | Promise<void>, half: () => void = () => undefined): Promise<void> {
    if (!this.#life.isAlive) return never();
    if (this.#disk.faults.full) throw this.#failure('no space left on the device');
    const end = this.#takeEnd();
    if (end === 'after') await work();
    if (end === 'midst') half();
    if (end === undefined) return work();
    this.#onCrash();
    return never();
  }

  async sync(work: () => void): Promise<void> {
    if (!this.#life.isAlive) return never();
    const end = this.#takeEnd();
    const delayMs = 0.1 + (this.#random.integer(1000) / 1000) * this.#disk.faults.syncMsMax;
    await new Promise<void>((resolve) => {
      this.#life.after(delayMs, resolve);
    });
    if (this.#disk.faults.failSyncs) throw this.#failure('input/output error at a sync');
    if (end !== 'before') work();
    if (end === undefined) return undefined;
    this.#onCrash();
    return never();
  }

  #takeEnd(): 'before' | 'midst' | 'after' | undefined {
    const { faults } = this.#disk;
    if (faults.crashAfter === undefined) return undefined;
    faults.crashAfter -= 1;
    if (faults.crashAfter > 0) return undefined;
    faults.crashAfter = undefined;
    return this.#random.pick(['before', 'midst', 'after'] as const);
  }

  #failure(what: string): Error {
    this.#disk.failures += 1;
    return new Error(what);
  }
}

function engineOf(inner: StateEngine, access: DiskAccess): StateEngine {
  const io = (cause: unknown): never => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw stateEngineError('io', `the simulated disk failed: ${reason}`, {}, { cause });
  };
  return {
    get: (family, key) => access.read(() => inner.get(family, key)).catch(io),
    getMany: (family, keys) => access.read(() => inner.getMany(family, keys)).catch(io),
    range: (family, options) => inner.range(family, options),
    rangeAll: (family, options) => access.read(() => inner.rangeAll(family, options)).catch(io),
    batch: () => inner.batch(),
    async write(batch, options) {
      try {
        await access.write(() => inner.write(batch));
        // The machine may go down between the write and the end of its sync.
        if (options?.sync === true) await access.sync(() => void inner.write(inner.batch(), { sync: true }));
      } catch (error) {
        io(error);
      }
    },
    statistics: () => inner.statistics(),
    close: async () => undefined,
  };
}

function directoryOf(files: Files, access: DiskAccess): LogDirectory {
  return {
    list: () => access.read(() => files.names()),
    read: (name) => access.read(() => files.read(name)),
    async open(name) {
      await access.write(() => files.create(name));
      return {
        write: (position, bytes) =>
          access.write(
            () => files.write(name, position, bytes),
            () => files.write(name, position, bytes.subarray(0, bytes.length >> 1)),
          ),
        async sync() {
          const count = files.pendingOf(name);
          await access.sync(() => files.sync(name, count));
        },
        truncate: (length) => access.write(() => files.truncate(name, length)),
        close: async () => undefined,
      };
    },
    remove: (name) => access.write(() => files.remove(name)),
  };
}
