import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { node0 } from './command.ts';
import { temporaryFolder } from './folder.ts';

const AT_ONCE_MAX = 4;

/**
 * How fast the machine is now, with all that runs beside: milliseconds in which each of its cores, four at most, makes
 * a home of a node. As a start does, that loads the program, derives keys from a password and writes files.
 */
export async function measureYardstick(): Promise<number> {
  const { path, remove } = await temporaryFolder();
  try {
    const startedMs = performance.now();
    const made = await Promise.all(
      Array.from({ length: Math.min(availableParallelism(), AT_ONCE_MAX) }, (_, index) =>
        node0(['init', '--home', join(path, `${index}`), '--name', 'a', '--generate-password']),
      ),
    );
    const elapsedMs = performance.now() - startedMs;
    for (const { code, stderr } of made) assert.equal(code, 0, stderr);
    return elapsedMs;
  } finally {
    await remove();
  }
}
