import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogDirectory, LogFile } from './log-directory.ts';

/** `LogDirectory` in the file system; `path` is created when absent, readable by its owner alone. */
export async function openFileDirectory(path: string): Promise<LogDirectory> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  return {
    async list() {
      const entries = await readdir(path, { withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => entry.name)
        .toSorted();
    },
    async read(name) {
      try {
        return new Uint8Array(await readFile(join(path, name)));
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      }
    },
    async open(name) {
      const handle = await open(join(path, name), constants.O_RDWR | constants.O_CREAT, 0o600);
      try {
        await syncDirectory(path);
      } catch (error) {
        await handle.close();
        throw error;
      }
      return fileOf(handle);
    },
    remove: (name) => unlink(join(path, name)),
  };
}

function fileOf(handle: FileHandle): LogFile {
  return {
    async write(position, bytes) {
      let written = 0;
      while (written < bytes.length) {
        const result = await handle.write(bytes, written, bytes.length - written, position + written);
        written += result.bytesWritten;
      }
    },
    sync: () => handle.datasync(),
    truncate: (length) => handle.truncate(length),
    close: () => handle.close(),
  };
}

/** A new file survives power loss only when its directory's entry does. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
