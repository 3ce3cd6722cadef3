import { mkdir, open, readFile, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { frameTransactions, unframeTransactions } from '../gossip/frames.ts';

/** Where the mempool keeps what it acknowledged over a restart. */
export interface Journal {
  /** Resolves when power loss cannot take the transactions back. */
  append(encoded: readonly Uint8Array[]): Promise<void>;
  /** Everything in it; a torn end is left out. */
  read(): Promise<Uint8Array[]>;
  /** Replaces the content atomically and durably. */
  rewrite(encoded: readonly Uint8Array[]): Promise<void>;
  readonly bytes: number;
  close(): Promise<void>;
}

/** A journal in a file: transactions one after the other, each after its length. */
export async function openFileJournal(path: string): Promise<Journal> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a');
  const size = frameTransactions(await readIntact(path)).length;
  // Behind a torn end nothing would be found again.
  await file.truncate(size);
  await syncFolder(path);
  return new FileJournal(path, file, size);
}

async function readIntact(path: string): Promise<Uint8Array[]> {
  return unframeTransactions(new Uint8Array(await readFile(path)), { tornEnd: true });
}

/** Makes a name in a folder durable. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

class FileJournal implements Journal {
  readonly #path: string;
  #file: FileHandle;
  #size: number;
  /** One operation at a time, so that frames never mix. */
  #last: Promise<unknown> = Promise.resolve();
  /** What waits for the operation under way: it is written and synced together. */
  #group: { readonly encoded: Uint8Array[]; readonly written: Promise<void> } | undefined;
  /** After a sync that failed nobody knows what the disk has: only a new file helps. */
  #broken: Error | undefined;

  constructor(path: string, file: FileHandle, size: number) {
    this.#path = path;
    this.#file = file;
    this.#size = size;
  }

  get bytes(): number {
    return this.#size;
  }

  append(encoded: readonly Uint8Array[]): Promise<void> {
    this.#group ??= this.#newGroup();
    this.#group.encoded.push(...encoded);
    return this.#group.written;
  }

  #newGroup(): { encoded: Uint8Array[]; written: Promise<void> } {
    const encoded: Uint8Array[] = [];
    const written = this.#serially(() => {
      if (this.#group?.encoded === encoded) this.#group = undefined;
      return this.#write(frameTransactions(encoded));
    });
    return { encoded, written };
  }

  read(): Promise<Uint8Array[]> {
    return this.#serially(() => readIntact(this.#path));
  }

  rewrite(encoded: readonly Uint8Array[]): Promise<void> {
    // What is appended from now on is not in the new content: it must not join a group that is written before it.
    this.#group = undefined;
    return this.#serially(async () => {
      const frame = frameTransactions(encoded);
      const next = await open(`${this.#path}.new`, 'w');
      try {
        await next.writeFile(frame);
        // Before the name: a name without its content would lose what the file before it held.
        await next.datasync();
      } finally {
        await next.close();
      }
      await rename(`${this.#path}.new`, this.#path);
      await this.#file.close();
      this.#file = await open(this.#path, 'a');
      this.#size = frame.length;
      this.#broken = undefined;
      await syncFolder(this.#path);
    });
  }

  close(): Promise<void> {
    return this.#serially(() => this.#file.close());
  }

  #serially<Value>(work: () => Promise<Value>): Promise<Value> {
    const done = this.#last.then(work, work);
    this.#last = done.catch(() => {});
    return done;
  }

  async #write(frame: Uint8Array): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    try {
      await this.#file.appendFile(frame);
    } catch (error) {
      // A part may be written. Where even this fails, the caller has the error that counts.
      await this.#file.truncate(this.#size).catch(() => {});
      throw error;
    }
    this.#size += frame.length;
    try {
      await this.#file.datasync();
    } catch (error) {
      this.#broken = error instanceof Error ? error : new Error(String(error));
      throw error;
    }
  }
}
