import type { MakeOracle } from './oracle.ts';

/** Most of each gauge, by the limits that the contexts state. */
const LIMITS: Readonly<Record<string, number>> = {
  'mempool.transactions': 2_000,
  'mempool.bytes': 2 ** 20,
  /** Votes and proposals before the core, and own items beside them. */
  'consensus.waiting': 8_192 + 64 + 64,
  'consensus.early': 4_096,
  /** Votes and proposals of two heights: those of every validator in some tens of rounds. */
  'consensus.kept': 2_000,
  /** Proposals before the core, and those of the next height that two liars may have kept. */
  'consensus.proposal-bytes': 16 * 2 ** 20,
  'evidence.pending': 1_000,
  'evidence.early': 2_000,
  /** Before anybody looked at it, and what cannot be checked yet. */
  'evidence.unverified-bytes': (16 + 4) * 2 ** 20,
  /** Bytes of all peers' queues. */
  'network.queued': 64 * 2 ** 20,
  'gossip.announced': 50_000,
  /** A height's records and the segment that they begin in. */
  'log.bytes': 4 * 2 ** 20,
};

/** Queues and memory stay within their bounds, whatever peers send. */
export const memory: MakeOracle = (context) => ({
  id: 'memory',
  observe(event) {
    if (event.kind !== 'gauge' || !context.isCorrect(event.node)) return undefined;
    const limit = LIMITS[event.name];
    if (limit === undefined || event.value <= limit) return undefined;
    return `${event.node} has ${event.value} of ${event.name}, at most ${limit} are allowed`;
  },
});
