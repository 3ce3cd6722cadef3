import { openCoordinationEngine } from '#engines/coordination';
import { fromHex, toHex } from '#kernel';
import { nativeEd25519Key, signatureSelfTest, systemClock, systemRandom, systemScheduler } from '#runtime';
import {
  openFileDirectory,
  openSignerService,
  SIGNER_CONCURRENT_MAX,
  SIGNER_PROTOCOL,
  SIGNER_REQUEST_BYTES_MAX,
} from '#services/consensus';
import { createNetwork } from '#services/network';
import { configurationError } from '../configuration/errors.ts';
import type { LoadedConfiguration } from '../configuration/load-configuration.ts';
import type { SettingKey } from '../configuration/settings.ts';
import { findPassword, readSeed } from '../home/key-files.ts';
import { refuseSecondProcess, removePidFile, writePidFile } from '../home/pid-file.ts';
import {
  startProcess,
  type ProcessFrame,
  type RunningProcess,
  type StartProcessOptions,
} from '../lifecycle/start-process.ts';
import { signerHello } from './signer-hello.ts';

const ROCKSDB = 'rocksdb:';
/** Connections of the nodes that it serves, with room for those that are being replaced. */
const PEERS_MAX = 16;

export interface RunningSigner extends RunningProcess {
  /** Multiaddrs with the peer id, as nodes are told in `signer.address`. */
  readonly addresses: readonly string[];
  /** Hex. */
  readonly consensusKey: string;
}

/**
 * Starts a signer from its configuration file: key, records, and the channel to its nodes.
 *
 * @throws `configuration.*`, `home.*`, `engine.state.*`, `engine.coordination.*`, `consensus.sign-record-*`,
 *   `network.listen-failed`; whatever had been opened is closed by then
 */
export function startSigner(options: StartProcessOptions): Promise<RunningSigner> {
  return startProcess('signer', options, open);
}

async function open({
  loaded,
  environment,
  logger,
  teardown,
  onFatal,
}: ProcessFrame): Promise<Pick<RunningSigner, 'addresses' | 'consensusKey'>> {
  const { configuration, path, home } = loaded;
  for (const key of ['chain.genesisHash', 'consensus.key', 'signer.listen', 'signer.nodes'] as const) {
    requireSetting(loaded, key);
  }
  signatureSelfTest();
  const pidFile = path('pid');
  await refuseSecondProcess(pidFile, home, { what: 'signer', command: 'signer' });
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
      onFatal,
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
  const started = { addresses: network.addresses(), consensusKey: toHex(key.publicKey) };
  logger.info({ ...started, nodes: configuration['signer.nodes'] }, 'started');
  return started;
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
