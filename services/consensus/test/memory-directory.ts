import type { LogDirectory, LogFile } from '../store/log-directory.ts';

interface Contents {
  durable: Uint8Array;
  /** Writes since the last sync, in order. */
  pending: { position: number; bytes: Uint8Array }[];
}

/** A directory in memory that loses what was not synced, in whole or in part, when it crashes. */
export class MemoryDirectory implements LogDirectory {
  readonly #files: Map<string, Contents>;
  /** `write` and `sync` calls, in order, with anything else a test adds. */
  readonly journal: string[];
  #isCrashed = false;
  failSyncs = false;
  /** Syncs of files whose name starts so do not end before it is cleared with `release`. */
  held: string | undefined;
  #waiting: (() => void)[] = [];

  constructor(files = new Map<string, Contents>(), journal: string[] = []) {
    this.#files = files;
    this.journal = journal;
  }

  async list(): Promise<string[]> {
    return [...this.#files.keys()].toSorted();
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    const contents = this.#files.get(name);
    return contents === undefined ? undefined : apply(contents.durable, contents.pending);
  }

  async open(name: string): Promise<LogFile> {
    const contents = this.#files.get(name) ?? { durable: new Uint8Array(0), pending: [] };
    this.#files.set(name, contents);
    const alive = (): void => {
      if (this.#isCrashed) throw new Error('the machine is down');
    };
    return {
      write: async (position, bytes) => {
        alive();
        this.journal.push(`write ${name}`);
        contents.pending.push({ position, bytes: bytes.slice() });
      },
      sync: async () => {
        alive();
        if (this.failSyncs) throw new Error('input/output error');
        const synced = contents.pending.length;
        if (this.held !== undefined && name.startsWith(this.held)) {
          await new Promise<void>((resolve) => this.#waiting.push(resolve));
        }
        await Promise.resolve();
        alive();
        contents.durable = apply(contents.durable, contents.pending.slice(0, synced));
        contents.pending.splice(0, synced);
        this.journal.push(`sync ${name}`);
      },
      truncate: async (length) => {
        alive();
        contents.durable = apply(contents.durable, contents.pending).slice(0, length);
        contents.pending = [];
      },
      close: async () => undefined,
    };
  }

  async remove(name: string): Promise<void> {
    this.#files.delete(name);
  }

  release(): void {
    this.held = undefined;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Overwrites bytes behind the back of who uses the file. */
  damage(name: string, position: number): void {
    const contents = this.#files.get(name);
    if (contents !== undefined) contents.durable[position] = (contents.durable[position] ?? 0) ^ 0xff;
  }

  /** What is on disk after power loss: of the unsynced writes a random part, the last perhaps torn. */
  crash(random: (maxExclusive: number) => number): MemoryDirectory {
    this.#isCrashed = true;
    const files = new Map<string, Contents>();
    for (const [name, { durable, pending }] of this.#files) {
      const kept = pending
        .filter(() => random(2) === 0)
        .map(({ position, bytes }) => ({ position, bytes: bytes.slice(0, random(bytes.length + 1)) }));
      files.set(name, { durable: apply(durable, kept), pending: [] });
    }
    return new MemoryDirectory(files, this.journal);
  }
}

function apply(durable: Uint8Array, writes: Contents['pending']): Uint8Array {
  const length = Math.max(durable.length, ...writes.map(({ position, bytes }) => position + bytes.length));
  const bytes = new Uint8Array(length);
  bytes.set(durable);
  for (const write of writes) bytes.set(write.bytes, write.position);
  return bytes;
}
