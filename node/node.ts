import { describeProgress } from '#genesis';
import { fromHex, type Cancellable, type Logger } from '#kernel';
import {
  createSignatureVerifier,
  nativeEd25519Key,
  signatureSelfTest,
  systemClock,
  systemScheduler,
} from '#runtime';
import type { ApiInit } from './assembly/api.ts';
import {
  openState,
  startProtocol,
  VALIDATOR_ROLE,
  type Protocol,
  type ProtocolInit,
} from './assembly/protocol.ts';
import type { ConsensusKey } from './assembly/signer.ts';
import { hasState, openStorage } from './assembly/storage.ts';
import { syncStateFirst } from './assembly/state-sync.ts';
import type { LoadedConfiguration } from './configuration/load-configuration.ts';
import { admitGenesis } from './genesis/admit-genesis.ts';
import { Countdown, type CountdownTick } from './genesis/countdown.ts';
import { openGenesis, settleReport, type OpenedGenesis } from './genesis/node-genesis.ts';
import { findPassword, readSeed } from './home/key-files.ts';
import { refuseSecondProcess, removePidFile, writePidFile } from './home/pid-file.ts';
import { reportToParent, type BootStage } from './lifecycle/progress.ts';
import { readinessOf, secondsUntilStart } from './lifecycle/readiness.ts';
import {
  startProcess,
  type ProcessFrame,
  type RunningProcess,
  type StartProcessOptions,
} from './lifecycle/start-process.ts';
import type { Teardown } from './lifecycle/teardown.ts';
import { createMetrics, type NodeMetrics } from './metrics/metrics.ts';

/** How often a node tells the process that started it where it stands. */
const REPORT_MS = 500;

export interface RunningNode extends RunningProcess {
  /** URL of the API, when it has one. */
  readonly api: string | undefined;
  /** Calls back each second while the node waits for the genesis time, at once and once more when it is over. */
  onCountdown(listener: (tick: CountdownTick) => void): void;
}

/**
 * Starts one node from its configuration file: keys, genesis, state, network, API.
 *
 * @throws `configuration.*`, `home.*`, `genesis.*`, `engine.state.*`, `blockchain.other-chain`,
 *   `network.listen-failed`; whatever had been opened is closed by then
 */
export function startNode(options: StartProcessOptions): Promise<RunningNode> {
  return startProcess('node', options, open);
}

async function open({
  loaded,
  environment,
  logger,
  teardown,
  onFatal,
}: ProcessFrame): Promise<Pick<RunningNode, 'api' | 'onCountdown'>> {
  const { configuration, path, home } = loaded;
  enter('keys', logger);
  signatureSelfTest();
  const pidFile = path('pid');
  await refuseSecondProcess(pidFile, home, { what: 'node', command: 'start' });
  const keys = await readKeys(loaded, environment);
  enter('genesis', logger);
  const opened = await readGenesis(loaded);
  const seal = await admitGenesis({ ...opened.genesis, ...opened.genesis.identity }, loaded, {
    nowMs: systemClock.now(),
    hasState: await hasState(loaded),
    consensusKey: keys.consensusKey?.publicKey,
  });
  enter('state', logger);
  teardown.add('pid file', () => removePidFile(pidFile));
  const engine = await openStorage(loaded);
  teardown.add('state engine', () => engine.close());
  // Whoever holds the lock of the state is the node of this home.
  await writePidFile(pidFile);
  const verifier = createSignatureVerifier({
    workers: configuration['verification.workers'],
    clock: systemClock,
  });
  teardown.add('signature verifier', () => verifier.close());
  const init: ProtocolInit = {
    loaded,
    genesis: opened.genesis,
    engine,
    verifier,
    logger,
    ...keys,
    onStateProgress: (fraction) => {
      const doing = `writing the first state ${Math.round(fraction * 100)} %`;
      reportToParent({ kind: 'stage', stage: 'state', doing });
    },
    onFatal,
  };
  await syncStateFirst(init, opened.state);
  const state = await openState(init, opened.state, teardown);
  const genesis = await settleReport(opened, state.ledger.tip(), path(JUDGEMENT));
  enter('network', logger);
  const protocol = await startProtocol(init, state, teardown);
  const watch = watchProtocol(configuration.name, protocol, keys.consensusKey !== undefined);
  teardown.add('watch', () => watch.stop());
  enter('api', logger);
  const api = await listenApi(loaded, { protocol, genesis, seal, ...watch, logger }, teardown);
  const addresses = protocol.network.addresses();
  reportToParent({ kind: 'started', api, addresses });
  logger.info(
    { api, addresses, chainId: genesis.identity.chainId, height: protocol.chain.tip().height },
    'started',
  );
  const countdown = new Countdown({
    genesisTimeMs: genesis.timeMs,
    hasBlocks: protocol.chain.tip().commit !== undefined,
    clock: systemClock,
    scheduler: systemScheduler,
    logger,
  });
  teardown.add('countdown', () => countdown.stop());
  countdown.start();
  return { api, onCountdown: (listener) => countdown.onTick(listener) };
}

function enter(stage: BootStage, logger: Logger): void {
  logger.debug({ stage }, 'starting');
  reportToParent({ kind: 'stage', stage });
}

async function readKeys(
  { configuration, path }: LoadedConfiguration,
  environment: ProcessFrame['environment'],
) {
  const file = path(configuration['keys.passwordFile']);
  const password = await findPassword(file, environment['NODE0_PASSWORD']);
  const consensusKey = await readConsensusKey();
  return { transportSeed: await readSeed(path(configuration['network.key']), password), consensusKey };

  async function readConsensusKey(): Promise<ConsensusKey | undefined> {
    if (configuration['signer.address'] !== '') {
      return { kind: 'remote', publicKey: fromHex(configuration['signer.consensusKey'], 32) };
    }
    if (configuration['consensus.key'] === '') return undefined;
    const key = nativeEd25519Key(await readSeed(path(configuration['consensus.key']), password));
    return { kind: 'local', publicKey: key.publicKey, key };
  }
}

/** Where the judgement of the genesis is kept. */
const JUDGEMENT = 'data/genesis-judgement.json';

function readGenesis({ configuration, path }: LoadedConfiguration): Promise<OpenedGenesis> {
  return openGenesis({
    file: path(configuration['chain.genesis']),
    record: path(JUDGEMENT),
    expectedHash: configuration['chain.genesisHash'],
    onProgress: (stage, fraction) => {
      // What takes no time needs no word.
      if (fraction === 0) return;
      reportToParent({ kind: 'stage', stage: 'genesis', doing: describeProgress(stage, fraction) });
    },
  });
}

async function listenApi(
  { configuration }: LoadedConfiguration,
  init: Omit<ApiInit, 'listen'>,
  teardown: Teardown,
): Promise<string | undefined> {
  const listen = configuration['api.listen'];
  if (listen === '') return undefined;
  // Loaded only here: a third of what a node loads is for its API, and most validators have none.
  const { startApi } = await import('./assembly/api.ts');
  const api = await startApi({ ...init, listen });
  teardown.add('api', () => api.close());
  return api.url;
}

interface ProtocolWatch {
  readonly metrics: NodeMetrics;
  readonly readiness: () => { ready: boolean; reasons: string[] };
  stop(): void;
}

/** Counts what becomes final, judges readiness, and tells the parent process both. */
function watchProtocol(name: string, protocol: Protocol, votes: boolean): ProtocolWatch {
  const { chain, network, mempool, sync, consensus } = protocol;
  let lastFinalisedAtMs: number | undefined;
  const readiness = () =>
    readinessOf({
      clock: systemClock,
      tip: () => chain.tip(),
      lastFinalisedAtMs: () => lastFinalisedAtMs,
      syncing: () => sync.syncing,
      peers: () => network.peers().length,
      validators: () => chain.tip().validators.validators.length,
      signer: () => protocol.signer?.status(),
    });
  const metrics = createMetrics(name, {
    height: () => chain.tip().height,
    peers: () => network.peers().length,
    mempoolTransactions: () => mempool.size,
    mempoolBytes: () => mempool.bytes,
    round: () => consensus.status().round,
    behind: () => sync.behind(),
    ready: () => readiness().ready,
    signing: () => votes && (protocol.signer?.status().state ?? 'signing') === 'signing',
    network: () => network.statistics(),
  });
  const unsubscribe = chain.onFinalised((event) => {
    lastFinalisedAtMs = systemClock.monotonic();
    metrics.finalised(event, systemClock.now());
  });
  let timer: Cancellable;
  const report = (): void => {
    const tip = chain.tip();
    const secondsLeft = secondsUntilStart(tip, systemClock.now());
    reportToParent({
      kind: 'status',
      height: chain.tip().height,
      peers: network.peers().length,
      validators: network.peers().filter(({ role }) => role === VALIDATOR_ROLE).length + Number(votes),
      ready: readiness().ready,
      transactions: metrics.transactions(),
      ...(secondsLeft !== undefined && { waiting: { genesisTimeMs: tip.blockTimeMs, secondsLeft } }),
    });
    timer = systemScheduler.after(REPORT_MS, report);
  };
  timer = systemScheduler.after(REPORT_MS, report);
  return {
    metrics,
    readiness,
    stop() {
      unsubscribe();
      timer.cancel();
    },
  };
}
