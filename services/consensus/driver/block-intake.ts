import type { Logger, Random, Scheduler } from '#kernel';
import { toHex } from '#kernel';
import type { Block } from '#services/block';
import type { PeerId, Transport } from '#services/network';
import type { Transaction } from '#services/transaction';
import type { ProposalSource, TransactionSource } from '../face.ts';
import { FETCH_PAUSE_MS, FETCH_PAUSE_MS_MAX, FETCH_TIMEOUT_MS, FETCH_TRANSACTIONS_MAX } from '../limits.ts';
import { rebuildBlock } from './compact-block.ts';
import type { HeightBook, KeptProposal } from './height-book.ts';
import type { Telemetry } from './telemetry.ts';

export interface BlockIntakeComponents {
  readonly mempool: ProposalSource;
  readonly fetch: TransactionSource;
  readonly transport: Transport;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

/**
 * Completes a proposal's block: transactions from the mempool and from other blocks of the height, the missing ones from the proposal's sender and
 * then from other peers, until all are there or `isWanted` says no.
 *
 * @returns undefined when it was no longer wanted
 */
export async function completeBlock(
  components: BlockIntakeComponents,
  kept: KeptProposal,
  book: HeightBook,
  isWanted: () => boolean,
): Promise<Block | undefined> {
  const { mempool, scheduler } = components;
  const ids = kept.proposal.transactionIds.map(toHex);
  const found = new Map<string, Transaction>();
  let pauseMs = FETCH_PAUSE_MS;
  for (let attempt = 0; isWanted(); attempt++) {
    const missing: string[] = [];
    for (const id of ids) {
      if (found.has(id)) continue;
      const transaction = mempool.lookup(id) ?? book.transaction(id);
      if (transaction === undefined) missing.push(id);
      else found.set(id, transaction);
    }
    if (missing.length === 0) {
      const transactions = ids.map((id) => found.get(id)).filter((transaction) => transaction !== undefined);
      return rebuildBlock(kept.proposal, kept.header, transactions);
    }
    const before = found.size;
    const peer = choosePeer(components, kept.sender, attempt);
    if (peer !== undefined) await fetchFrom(components, peer, missing, found);
    if (found.size > before) continue;
    await pause(scheduler, pauseMs);
    pauseMs = Math.min(FETCH_PAUSE_MS_MAX, pauseMs * 2);
  }
  return undefined;
}

/** The sender first, since it must have the transactions; then anyone. */
function choosePeer(
  { transport, random }: BlockIntakeComponents,
  sender: PeerId | undefined,
  attempt: number,
): PeerId | undefined {
  const peers = transport.peers().map((peer) => peer.id);
  if (attempt === 0 && sender !== undefined && peers.includes(sender)) return sender;
  return peers[random.integer(Math.max(1, peers.length))];
}

async function fetchFrom(
  components: BlockIntakeComponents,
  peer: PeerId,
  missing: readonly string[],
  found: Map<string, Transaction>,
): Promise<void> {
  const { fetch, scheduler, logger, telemetry } = components;
  for (let start = 0; start < missing.length; start += FETCH_TRANSACTIONS_MAX) {
    const wanted = missing.slice(start, start + FETCH_TRANSACTIONS_MAX);
    const asked = new Set(wanted);
    try {
      const transactions = await within(scheduler, FETCH_TIMEOUT_MS, fetch.fetch(peer, wanted));
      const fresh = (transactions ?? []).filter(({ id }) => asked.has(id) && !found.has(id));
      for (const transaction of fresh) found.set(transaction.id, transaction);
      telemetry.count('transactionsFetched', fresh.length);
      if (fresh.length < wanted.length) return;
    } catch (error) {
      logger.debug(
        { error, peer, transactions: wanted.length },
        'a peer did not give the transactions of a proposal',
      );
      return;
    }
  }
}

/** The work's result, or undefined when it takes longer; a late failure is nobody's concern. */
function within<Value>(scheduler: Scheduler, ms: number, work: Promise<Value>): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const timer = scheduler.after(ms, () => resolve(undefined));
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}

function pause(scheduler: Scheduler, ms: number): Promise<void> {
  return new Promise((resolve) => {
    scheduler.after(ms, resolve);
  });
}
