import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { openStateEngine, type StateEngine } from '#engines/state';
import type { LoadedConfiguration } from '../configuration/load-configuration.ts';

const ROCKSDB = 'rocksdb:';

/** Opens the state engine of the configuration; relative directories start at the home. */
export function openStorage(loaded: LoadedConfiguration): Promise<StateEngine> {
  const url = `${ROCKSDB}${stateDirectory(loaded)}`;
  return openStateEngine(url, { profile: loaded.configuration['storage.profile'] });
}

/** Whether the home holds state of a chain; opens and makes nothing. */
export async function hasState(loaded: LoadedConfiguration): Promise<boolean> {
  try {
    // The file by which RocksDB knows a database.
    await access(join(stateDirectory(loaded), 'CURRENT'));
    return true;
  } catch {
    return false;
  }
}

/** The setting accepts no other engine than RocksDB. */
function stateDirectory({ configuration, path }: LoadedConfiguration): string {
  return path(configuration['engines.state'].slice(ROCKSDB.length));
}
