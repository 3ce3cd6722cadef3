import { stateEngineError } from './errors.ts';
import { createMemoryStateEngine } from './memory-engine.ts';
import type { StateEngine, StateProfile } from './port.ts';
import { openRocksdbEngine } from './rocksdb-engine.ts';

/**
 * The engine that a URL names: `rocksdb:DIRECTORY` or `memory:`.
 *
 * @throws `engine.state.unsupported-url`, and what opening throws
 */
export async function openStateEngine(url: string, options: { profile: StateProfile }): Promise<StateEngine> {
  if (url === 'memory:') return createMemoryStateEngine();
  if (url.startsWith('rocksdb:') && url.length > 'rocksdb:'.length) {
    return openRocksdbEngine(url.slice('rocksdb:'.length), options.profile);
  }
  throw stateEngineError(
    'unsupported-url',
    `"${url}" names no state engine; accepted are rocksdb:DIRECTORY and memory:`,
    {
      url,
    },
  );
}
