import { open } from 'node:fs/promises';
import { homeError } from '../../home/errors.ts';

const BYTES_MAX = 4 * 2 ** 20;

/** The last lines of a log, out of its last megabytes. @throws `home.unreadable` */
export async function lastLines(file: string, count: number): Promise<string[]> {
  if (file === '')
    throw homeError('unreadable', 'the node logs to standard output: add what it printed to the report');
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - BYTES_MAX);
    const bytes = Buffer.alloc(size - start);
    await handle.read(bytes, 0, bytes.length, start);
    const lines = bytes
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '');
    // The first one may have lost its beginning.
    return lines.slice(start > 0 ? 1 : 0).slice(-count);
  } finally {
    await handle.close();
  }
}
