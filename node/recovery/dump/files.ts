import { lstat, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';

const FILES_MAX = 2_000;

/** Names, sizes and modes of the files of a home: not what is in them. */
export async function filesOf(home: string): Promise<{ files: object[]; isCutOff: boolean }> {
  const files: object[] = [];
  const entries = await readdir(home, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile()).slice(0, FILES_MAX)) {
    const path = join(entry.parentPath, entry.name);
    // Files of a database come and go while it runs.
    const status = await lstat(path).catch(() => undefined);
    if (status === undefined) continue;
    const { size, mode, mtime } = status;
    files.push({
      name: relative(home, path),
      bytes: size,
      mode: (mode & 0o777).toString(8),
      modified: mtime.toISOString(),
    });
  }
  return { files, isCutOff: entries.length > FILES_MAX };
}
