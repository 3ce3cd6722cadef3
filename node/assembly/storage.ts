import { openStateEngine, type StateEngine } from '#engines/state';
import type { LoadedConfiguration } from '../configuration/load-configuration.ts';

const ROCKSDB = 'rocksdb:';

/** Opens the state engine of the configuration; relative directories start at the home. */
export function openStorage({ configuration, path }: LoadedConfiguration): Promise<StateEngine> {
  const url = configuration['engines.state'];
  const absolute = url.startsWith(ROCKSDB) ? `${ROCKSDB}${path(url.slice(ROCKSDB.length))}` : url;
  return openStateEngine(absolute, { profile: configuration['storage.profile'] });
}
