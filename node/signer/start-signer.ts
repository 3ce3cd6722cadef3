import { openCoordinationEngine } from '#engines/coordination';
import { fromHex, toHex } from '#kernel';
import {
  createLogger,
  nativeEd25519Key,
  signatureSelfTest,
  systemClock,
  systemRandom,
  systemScheduler,
} from '#runtime';
import {
  openFileDirectory,
  openSignerService,
  SIGNER_CONCURRENT_MAX,
  SIGNER_PROTOCOL,
  SIGNER_REQUEST_BYTES_MAX,
} from '#services/consensus';
import { createNetwork } from '#services/network';
import { configurationError } from '../configuration/errors.ts';
import {
  loadConfiguration,
  type ConfigurationSources,
  type LoadedConfiguration,
} from '../configuration/load-configuration.ts';
import type { SettingKey } from '../configuration/settings.ts';
import { homeError } from '../home/errors.ts';
import { findPassword, readSeed } from '../home/key-files.ts';
import { isLivingNode0, readPidFile, removePidFile, writePidFile } from '../home/pid-file.ts';
import { FatalSignal } from '../lifecycle/fatal-signal.ts';
import { Teardown } from '../lifecycle/teardown.ts';
import { signerHello } from './signer-hello.ts';

const ROCKSDB = 'rocksdb:';
/** Connections of the nodes that it serves, with room for those that are being replaced. */
const PEERS_MAX = 16;

export interface StartSignerOptions extends ConfigurationSources {
  readonly configurationFile: string;
}

export interface RunningSigner {
  readonly name: string;
  /** Multiaddrs with the peer id, as nodes are told in `signer.address`. */
  readonly addresses: readonly string[];
  /** Hex. */
  readonly consensusKey: string;
  stop(): Promise<void>;
  /** Calls back once when going on would not be safe; the process must stop the signer and end. */
  onFatal(listener: (error: Error) => void): void;
}

/**
 * Starts a signer from its configuration file: key, records, and the channel to its nodes.
 *
 * @throws `configuration.*`, `home.*`, `engine.state.*`, `engine.coordination.*`, `consensus.sign-record-*`,
 *   `network.listen-failed`; whatever had been opened is closed by then
 */
export async function startSigner(options: StartSignerOptions): Promise<RunningSigner> {
  const loaded = await loadConfiguration(options.configurationFile, options);
  const { configuration } = loaded;
  const destination = configuration['log.file'] === '' ? 1 : loaded.path(configuration['log.file']);
  const logger = createLogger({ name: configuration.name, level: configuration['log.level'], destination });
  const teardown = new Teardown();
  teardown.add('log', () => logger.flush());
  const fatal = new FatalSignal(logger);
  try {
    const { addresses, consensusKey } = await open(loaded, options.environment ?? {});
    logger.info({ addresses, consensusKey, nodes: configuration['signer.nodes'] }, 'started');
    return {
      name: configuration.name,
      addresses,
      consensusKey,
      stop: () => teardown.run(logger),
      onFatal: (listener) => fatal.onFatal(listener),
    };
  } catch (error) {
    logger.error({ error }, 'the signer did not start');
    await teardown.run(logger);
    throw error;
  }

  async function open(
    { path, home }: LoadedConfiguration,
    environment: Readonly<Record<string, string | undefined>>,
  ): Promise<{ addresses: readonly string[]; consensusKey: string }> {
    for (const key of ['chain.genesisHash', 'consensus.key', 'signer.listen', 'signer.nodes'] as const) {
      requireSetting(loaded, key);
    }
    signatureSelfTest();
    const pidFile = path('pid');
    await refuseSecondProcess(pidFile, home);
    const password = await findPassword(
      path(configuration['keys.passwordFile']),
      environment['NODE0_PASSWORD'],
    );
    const transportSeed = await readSeed(path(configuration['network.key']), password);
    const key = nativeEd25519Key(await readSeed(path(configuration['consensus.key']), password));
    const genesisHash = fromHex(configuration['chain.genesisHash'], 32);
    const coordination = path(configuration['engines.coordination'].slice(ROCKSDB.length));
    const engine = await openCoordinationEngine(`${ROCKSDB}${coordination}`, systemClock);
    teardown.add('coordination engine', () => engine.close());
    // Whoever holds the lock of the engine is the signer of this home.
    await writePidFile(pidFile);
    teardown.add('pid file', () => removePidFile(pidFile));
    const service = await openSignerService(
      { key, genesisHash, leaseMs: configuration['signer.leaseMs'] },
      {
        engine,
        directory: await openFileDirectory(path('data/signer')),
        logger: logger.child({ context: 'signer' }),
        onFatal: (error) => fatal.raise(error),
      },
    );
    teardown.add('records', () => service.close());
    const network = await createNetwork(
      {
        listen: configuration['signer.listen'],
        peers: [],
        allow: configuration['signer.nodes'],
        privateKey: transportSeed,
        hello: () => signerHello('signer', genesisHash),
        limits: { maxPeers: PEERS_MAX },
      },
      { clock: systemClock, random: systemRandom, scheduler: systemScheduler, logger },
    );
    const limits = { maxRequestBytes: SIGNER_REQUEST_BYTES_MAX, maxConcurrent: SIGNER_CONCURRENT_MAX };
    network.onRequest(SIGNER_PROTOCOL, limits, (node, request) => service.answer(node, request));
    teardown.add('network', () => network.stop());
    await network.start();
    return { addresses: network.addresses(), consensusKey: toHex(key.publicKey) };
  }
}

function requireSetting({ configuration, home }: LoadedConfiguration, key: SettingKey): void {
  const value = configuration[key];
  const isEmpty = value === '' || (Array.isArray(value) && value.length === 0);
  if (!isEmpty) return;
  throw configurationError(
    'invalid-setting',
    `${key} is empty, and a signer does not start without it; set it in the configuration of ${home}`,
    { setting: key },
  );
}

async function refuseSecondProcess(pidFile: string, home: string): Promise<void> {
  const pid = await readPidFile(pidFile);
  if (pid === undefined || pid === process.pid || !(await isLivingNode0(pid, 'signer', home))) return;
  throw homeError('in-use', `process ${pid} runs the signer in ${home} already; stop that process first`, {
    home,
    pid,
  });
}
