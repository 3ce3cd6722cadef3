import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { FinalisedBlock } from '#services/block';
import type { NetworkStatistics } from '#services/network';

/** What the metrics read at each scrape. */
export interface MetricSources {
  readonly height: () => number;
  readonly peers: () => number;
  readonly mempoolTransactions: () => number;
  readonly mempoolBytes: () => number;
  readonly round: () => number;
  readonly behind: () => number;
  readonly ready: () => boolean;
  readonly signing: () => boolean;
  readonly network: () => NetworkStatistics;
}

export interface NodeMetrics {
  /** Counts a final block. @param nowMs Unix milliseconds at which it became final here */
  finalised(event: FinalisedBlock, nowMs: number): void;
  readonly transactions: () => number;
  text(): Promise<{ contentType: string; body: string }>;
}

const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4];

/** The node's Prometheus metrics; units are in the names. */
export function createMetrics(name: string, sources: MetricSources): NodeMetrics {
  const registry = new Registry();
  registry.setDefaultLabels({ node: name });
  collectDefaultMetrics({ register: registry });
  const gauge = (metric: string, help: string, read: () => number): void => {
    const instrument: Gauge = new Gauge({
      name: `node0_${metric}`,
      help,
      registers: [registry],
      collect: () => instrument.set(read()),
    });
  };
  gauge('chain_height', 'Height of the last final block.', sources.height);
  gauge('network_peers', 'Connected peers.', sources.peers);
  gauge('mempool_transactions', 'Transactions that wait for a block.', sources.mempoolTransactions);
  gauge('mempool_bytes', 'Bytes of the transactions that wait for a block.', sources.mempoolBytes);
  gauge('consensus_round', 'Round of the height that is being decided.', sources.round);
  gauge(
    'sync_heights_behind',
    'Heights between the tip and the greatest height that a peer claims.',
    sources.behind,
  );
  gauge('ready', '1 when the node finalises, 0 otherwise.', () => (sources.ready() ? 1 : 0));
  gauge('signing', '1 when the node has a consensus key, or the lease of one, 0 otherwise.', () =>
    sources.signing() ? 1 : 0,
  );
  const counter = (metric: string, help: string, read: (statistics: NetworkStatistics) => number): void => {
    const instrument: Counter = new Counter({
      name: `node0_network_${metric}_total`,
      help,
      registers: [registry],
      collect() {
        instrument.reset();
        instrument.inc(read(sources.network()));
      },
    });
  };
  counter('messages_sent', 'Messages sent to peers.', ({ messagesOut }) => messagesOut);
  counter('messages_received', 'Messages received from peers.', ({ messagesIn }) => messagesIn);
  counter('sent_bytes', 'Bytes sent to peers.', ({ bytesOut }) => bytesOut);
  counter('received_bytes', 'Bytes received from peers.', ({ bytesIn }) => bytesIn);
  counter('offences', 'Misbehaviour of peers.', ({ offences }) => offences);
  counter('bans', 'Peers that were banned for misbehaviour.', ({ bans }) => bans);
  const blocks = new Counter({
    name: 'node0_blocks_total',
    help: 'Blocks finalised.',
    registers: [registry],
  });
  const transactions = new Counter({
    name: 'node0_transactions_total',
    help: 'Transactions finalised, by outcome.',
    labelNames: ['status'],
    registers: [registry],
  });
  const age = new Histogram({
    name: 'node0_block_finality_seconds',
    help: 'Time from the proposal of a block, as its header states it, to its finality here.',
    buckets: SECONDS,
    registers: [registry],
  });
  const size = new Histogram({
    name: 'node0_block_transactions',
    help: 'Transactions in a block.',
    buckets: [0, 1, 10, 100, 500, 1000, 2000, 5000, 10_000],
    registers: [registry],
  });
  let total = 0;
  return {
    finalised({ block, execution }, nowMs) {
      const failed = execution.receipts.filter(({ status }) => status === 'failed').length;
      total += execution.receipts.length;
      blocks.inc();
      transactions.inc({ status: 'finalized' }, execution.receipts.length - failed);
      transactions.inc({ status: 'failed' }, failed);
      age.observe(Math.max(0, nowMs - block.header.timeMs) / 1000);
      size.observe(block.transactions.length);
    },
    transactions: () => total,
    text: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
}
