import { stat, statfs } from 'node:fs/promises';
import { arch, cpus, freemem, release, totalmem } from 'node:os';
import { describeStoredChain } from './dump/stored-chain.ts';
import { filesOf } from './dump/files.ts';
import { lastLines } from './dump/log-lines.ts';
import { runningNode } from './dump/running-node.ts';
import { secretsOf, withoutSecrets } from './dump/secrets.ts';
import { summariseLogs } from './dump/consensus-logs.ts';
import { loadConfiguration, type ConfigurationSources } from '../configuration/load-configuration.ts';
import { isLivingNode0, readPidFile } from '../home/pid-file.ts';
import { measureGenesisFile } from '../genesis/genesis-file.ts';
import { VERSION } from '../version.ts';

export interface DumpOptions extends ConfigurationSources {
  readonly configurationFile: string;
  /** Lines of the log. */
  readonly logLines: number;
}

/** What could not be looked at says why, in the place of the rest. */
type Part<Value> = Value | { readonly unavailable: string };

/** Everything that a report of a fault needs; JSON values alone. */
export interface HomeDump {
  readonly version: 1;
  readonly software: { readonly node0: string; readonly node: string };
  readonly machine: Readonly<Record<string, string | number>>;
  readonly home: string;
  /** Process id of the node that runs; null for none. */
  readonly pid: number | null;
  readonly configuration: unknown;
  readonly genesis: Part<object>;
  readonly files: Part<object>;
  readonly disk: Part<object>;
  readonly consensusLogs: Part<object>;
  /** From the database of a node that does not run. */
  readonly database: Part<object>;
  /** Answers of a node that runs and has an API. */
  readonly api: Part<object>;
  readonly log: Part<readonly string[]>;
}

/**
 * Gathers what a report of a fault needs, from a home whose node runs or not; a part that cannot be had says why and
 * stops nothing. Neither passwords nor key files are among it, and where they stand in the rest they are blotted out.
 *
 * @throws `configuration.*`
 */
export async function dumpHome(options: DumpOptions): Promise<HomeDump> {
  const loaded = await loadConfiguration(options.configurationFile, options);
  const { configuration, home, path } = loaded;
  const pid = await readPidFile(path('pid'));
  const isRunning = pid !== undefined && (await isLivingNode0(pid, 'start', home));
  const dump: HomeDump = {
    version: 1,
    software: { node0: VERSION, node: process.version },
    machine: machine(),
    home,
    pid: isRunning ? pid : null,
    configuration,
    genesis: await part(async () => genesisOf(path(configuration['chain.genesis']))),
    files: await part(() => filesOf(home)),
    disk: await part(() => diskOf(home)),
    consensusLogs: await part(() => summariseLogs(path('data/consensus'), path('data/signer'))),
    database: isRunning
      ? { unavailable: 'the node runs and has it open' }
      : await part(() => describeStoredChain(options)),
    api: isRunning
      ? await part(() => runningNode(configuration['api.listen']))
      : { unavailable: 'the node does not run' },
    log: await part(() =>
      lastLines(configuration['log.file'] === '' ? '' : path(configuration['log.file']), options.logLines),
    ),
  };
  return withoutSecrets(dump, await secretsOf(loaded, options.environment ?? {}));
}

async function part<Value>(gather: () => Promise<Value>): Promise<Part<Value>> {
  try {
    return await gather();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` [${String(error.code)}]` : '';
    return { unavailable: `${error instanceof Error ? error.message : String(error)}${code}` };
  }
}

function machine(): Readonly<Record<string, string | number>> {
  return {
    platform: process.platform,
    architecture: arch(),
    kernel: release(),
    cores: cpus().length,
    memoryBytes: totalmem(),
    freeMemoryBytes: freemem(),
  };
}

async function genesisOf(file: string): Promise<object> {
  const { bytes, digest } = await measureGenesisFile(file);
  return { file, bytes, sha256: digest };
}

async function diskOf(home: string): Promise<object> {
  const { bsize, blocks, bavail, files, ffree } = await statfs(home);
  const { mode, uid } = await stat(home);
  return {
    bytes: bsize * blocks,
    availableBytes: bsize * bavail,
    inodes: files,
    freeInodes: ffree,
    homeMode: mode.toString(8),
    homeOwner: uid,
  };
}
