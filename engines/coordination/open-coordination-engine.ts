import { createMemoryStateEngine, openStateEngine } from '#engines/state';
import type { Clock } from '#kernel';
import { coordinationError } from './errors.ts';
import type { CoordinationEngine } from './port.ts';
import { openStoredCoordination } from './stored-engine.ts';

/**
 * The engine that a URL names: `rocksdb:DIRECTORY` or `memory:`.
 *
 * @param clock whose monotonic time ends leases
 * @throws `engine.coordination.unsupported-url`, and what opening throws
 */
export async function openCoordinationEngine(url: string, clock: Clock): Promise<CoordinationEngine> {
  if (url === 'memory:') return openStoredCoordination(createMemoryStateEngine(), clock);
  if (!url.startsWith('rocksdb:') || url === 'rocksdb:') {
    throw coordinationError(
      'unsupported-url',
      `"${url}" names no coordination engine; accepted are rocksdb:DIRECTORY and memory:`,
      { url },
    );
  }
  const store = await openStateEngine(url, { profile: 'local' });
  try {
    return await openStoredCoordination(store, clock);
  } catch (error) {
    await store.close();
    throw error;
  }
}
