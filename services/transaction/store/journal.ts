import { mkdir, open, readFile, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { frameTransactions, unframeTransactions } from '../gossip/frames.ts';

/** Where the mempool keeps what it acknowledged over a restart. */
export interface Journal {
  /** Resolves when the transactions survive a crash of the process. */
  append(encoded: readonly Uint8Array[]): Promise<void>;
  /** Everything in it; a torn end is left out. */
  read(): Promise<Uint8Array[]>;
  /** Replaces the content atomically. */
  rewrite(encoded: readonly Uint8Array[]): Promise<void>;
  readonly bytes: number;
  close(): Promise<void>;
}

async function readIntact(path: string): Promise<Uint8Array[]> {
  return unframeTransactions(new Uint8Array(await readFile(path)), { tornEnd: true });
}

/** A journal in a file: transactions one after the other, each after its length. */
export async function openFileJournal(path: string): Promise<Journal> {
  await mkdir(dirname(path), { recursive: true });
  let file: FileHandle = await open(path, 'a');
  let size = frameTransactions(await readIntact(path)).length;
  // Behind a torn end nothing would be found again.
  await file.truncate(size);
  let last: Promise<unknown> = Promise.resolve();
  /** One operation at a time, so that frames never mix. */
  function serially<Value>(work: () => Promise<Value>): Promise<Value> {
    const done = last.then(work, work);
    last = done.catch(() => {});
    return done;
  }
  return {
    get bytes() {
      return size;
    },
    append: (encoded) =>
      serially(async () => {
        const frame = frameTransactions(encoded);
        try {
          await file.appendFile(frame);
        } catch (error) {
          // A part may be written. Where even this fails, the caller has the error that counts.
          await file.truncate(size).catch(() => {});
          throw error;
        }
        size += frame.length;
      }),
    read: () => serially(() => readIntact(path)),
    rewrite: (encoded) =>
      serially(async () => {
        const frame = frameTransactions(encoded);
        const next = await open(`${path}.new`, 'w');
        await next.writeFile(frame);
        await next.close();
        await rename(`${path}.new`, path);
        await file.close();
        file = await open(path, 'a');
        size = frame.length;
      }),
    close: () => serially(() => file.close()),
  };
}
