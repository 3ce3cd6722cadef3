import { silentLogger, type SignatureVerifier } from '#kernel';
import type { PeerId } from '#services/network';
import {
  createTransactionFetch,
  createTransactionGossip,
  type TransactionFetch,
  type TransactionGossip,
} from '../../index.ts';
import { ANNOUNCED_GRACE_MS, GOSSIP_INTERVAL_MS, GOSSIP_PASS_ON_MS } from '../../limits.ts';
import { ManualTime, MemoryNetwork, seededRandom } from './memory-network.ts';
import { IDENTITY, VERIFIER } from './samples.ts';
import { TestMempool } from './test-mempool.ts';

/** A node as far as transactions go. */
export interface WorldNode {
  readonly test: TestMempool;
  readonly gossip: TransactionGossip;
  readonly fetch: TransactionFetch;
}

/** Nodes that spread transactions over one network in memory. */
export class World {
  readonly time = new ManualTime();
  readonly network = new MemoryNetwork();

  /** Makes a node and connects it with peers that are there. */
  node(
    id: PeerId,
    peers: readonly PeerId[] = [],
    verifier: Pick<SignatureVerifier, 'verifyBatch'> = VERIFIER,
  ): WorldNode {
    const transport = this.network.transport(id);
    const test = new TestMempool({ verifier });
    const { mempool } = test;
    const fetch = createTransactionFetch(
      { identity: IDENTITY },
      { transport, verifier, lookup: (wanted) => mempool.lookup(wanted), logger: silentLogger },
    );
    const gossip = createTransactionGossip({
      transport,
      mempool,
      fetch,
      clock: this.time,
      scheduler: this.time,
      random: seededRandom(),
      logger: silentLogger,
    });
    fetch.start();
    gossip.start();
    for (const peer of peers) this.network.connect(id, peer);
    return { test, gossip, fetch };
  }

  /** Until a node's own transactions have gone to its peers. */
  async spread(): Promise<void> {
    await this.time.advance(GOSSIP_INTERVAL_MS);
  }

  /** Until the ids of what others sent have gone on. */
  async passedOn(): Promise<void> {
    await this.time.advance(GOSSIP_PASS_ON_MS);
  }

  /** Until what was announced and did not come has been fetched. */
  async fetched(): Promise<void> {
    await this.time.advance(ANNOUNCED_GRACE_MS);
  }
}

/** Kinds of frames: their first byte. */
export const FRAME = { transactions: 0, ids: 1 } as const;
