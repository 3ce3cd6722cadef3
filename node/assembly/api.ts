import type { GenesisSeal } from '#genesis';
import { buildGateway, type GatewayComponents } from '#gateway';
import type { Logger } from '#kernel';
import { systemClock, systemRandom, systemScheduler } from '#runtime';
import { streamGenesisFile } from '../genesis/genesis-file.ts';
import { GenesisJudge } from '../genesis/judge.ts';
import type { NodeGenesis } from '../genesis/node-genesis.ts';
import { homeError } from '../home/errors.ts';
import { CommitLatencies } from '../metrics/commit-latencies.ts';
import type { NodeMetrics } from '../metrics/metrics.ts';
import { VERSION } from '../version.ts';
import type { Protocol } from './protocol.ts';

export interface ApiInit {
  /** `HOST:PORT`; port 0 takes a free one. */
  readonly listen: string;
  readonly protocol: Protocol;
  readonly genesis: NodeGenesis;
  /** Under which the node started. */
  readonly seal: GenesisSeal | undefined;
  readonly metrics: NodeMetrics;
  readonly readiness: GatewayComponents['readiness'];
  readonly logger: Logger;
}

/**
 * Builds the edge and listens.
 *
 * @returns its URL and its end
 * @throws `home.port-in-use`
 */
export async function startApi(init: ApiInit): Promise<{ url: string; close: () => Promise<void> }> {
  const { protocol, genesis, seal, metrics, readiness, logger } = init;
  const { host, port } = splitAddress(init.listen);
  const judge = new GenesisJudge(systemScheduler);
  const latencies = new CommitLatencies({
    onEvent: (listener) => protocol.consensus.onEvent(listener),
    current() {
      const { height, validators } = protocol.ledger.tip();
      return { height: height + 1, validators, epoch: protocol.ledger.stake().progress().epoch };
    },
    clock: systemClock,
  });
  const gateway = await buildGateway({
    identity: genesis.identity,
    version: VERSION,
    chain: protocol.chain,
    ledger: protocol.ledger,
    snapshots: protocol.snapshots,
    mempool: protocol.mempool,
    peers: protocol.network,
    consensus: protocol.consensus,
    evidence: protocol.evidence,
    genesis: {
      report: genesis.report,
      seal: seal ?? null,
      bytes: genesis.file.bytes,
      stream: () => streamGenesisFile(genesis.file),
    },
    validateGenesis: (bytes) => judge.judge(bytes),
    readiness,
    syncing: () => protocol.sync.syncing,
    commitLatency: (operator, epoch) => latencies.of(operator, epoch),
    metrics: () => metrics.text(),
    clock: systemClock,
    scheduler: systemScheduler,
    random: systemRandom,
    logger,
    publicExposure: !isLoopbackHost(host),
  });
  try {
    await gateway.listen({ host, port });
  } catch (cause) {
    await gateway.close();
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE')) throw cause;
    throw homeError(
      'port-in-use',
      `port ${port} of ${host} is in use; choose another with api.listen`,
      { host, port },
      { cause },
    );
  }
  const address = gateway.server.address();
  const shown = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${shown}:${typeof address === 'object' && address !== null ? address.port : port}`,
    close: async () => {
      judge.close();
      latencies.stop();
      await gateway.close();
    },
  };
}

function splitAddress(listen: string): { host: string; port: number } {
  const colon = listen.lastIndexOf(':');
  const host = listen.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(listen.slice(colon + 1)) };
}

function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
