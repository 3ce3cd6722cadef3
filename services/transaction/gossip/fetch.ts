import { isCodedError, type Logger, type SignatureVerifier } from '#kernel';
import type { PeerId, Transport } from '#services/network';
import { decodeTransaction, type ChainIdentity } from '../domain/codec.ts';
import { verifySignatures } from '../domain/signature-check.ts';
import type { Transaction } from '../domain/transaction.ts';
import { gossipError, transactionError } from '../errors.ts';
import {
  FETCH_CONCURRENT_MAX,
  FETCH_IDS_MAX,
  FETCH_RESPONSE_BYTES_MAX,
  FETCH_TIMEOUT_MS,
} from '../limits.ts';
import { frameTransactions, packIds, unframeTransactions, unpackIds } from './frames.ts';

const PROTOCOL = '/bizra/transactions/1';

export interface FetchComponents {
  readonly transport: Transport;
  readonly verifier: Pick<SignatureVerifier, 'verifyBatch'>;
  /** What this node can give to others. */
  readonly lookup: (id: string) => Transaction | undefined;
  readonly logger: Logger;
}

export interface TransactionFetch {
  /** Begins to answer the fetches of peers. */
  start(): void;
  /**
   * Asks a peer for transactions. Returns those that it has: decoded, of the ids asked for, signatures
   * verified. A peer that answers with anything else is reported.
   *
   * @throws `network.*`, `transaction-gossip.*`, `transaction.*`, `kernel.*`
   */
  fetch(peer: PeerId, ids: readonly string[]): Promise<Transaction[]>;
}

/** Requests of single transactions by id. An answer is a frame that skips what the peer does not have. */
export function createTransactionFetch(
  init: { identity: ChainIdentity },
  components: FetchComponents,
): TransactionFetch {
  const { transport, verifier, lookup } = components;

  function answer(body: Uint8Array): Uint8Array {
    const found: Uint8Array[] = [];
    let size = 0;
    for (const id of unpackIds(body, FETCH_IDS_MAX)) {
      const bytes = lookup(id)?.bytes;
      if (bytes === undefined) continue;
      size += bytes.length + 4;
      if (size > FETCH_RESPONSE_BYTES_MAX) break;
      found.push(bytes);
    }
    return frameTransactions(found);
  }

  async function fetchSome(peer: PeerId, ids: readonly string[]): Promise<Transaction[]> {
    const response = await transport.request(peer, PROTOCOL, packIds(ids), {
      timeoutMs: FETCH_TIMEOUT_MS,
      maxResponseBytes: FETCH_RESPONSE_BYTES_MAX,
    });
    try {
      const wanted = new Set(ids);
      const transactions = unframeTransactions(response).map((bytes) =>
        decodeTransaction(bytes, init.identity),
      );
      for (const { id } of transactions) {
        if (!wanted.delete(id))
          throw gossipError(
            'unrequested-transaction',
            `the peer answered with ${id}, which was not asked for`,
          );
      }
      const valid = await verifySignatures(verifier, transactions, peer);
      const forged = transactions.find((_, index) => valid[index] !== true);
      if (forged !== undefined) {
        throw transactionError('invalid-signature', `the signature of ${forged.id} is not its sender's`, {
          hash: forged.id,
        });
      }
      return transactions;
    } catch (error) {
      if (isCodedError(error) && error.action === 'penalise')
        transport.report(peer, 'invalid', error.message);
      throw error;
    }
  }

  return {
    start() {
      const limits = { maxRequestBytes: FETCH_IDS_MAX * 32, maxConcurrent: FETCH_CONCURRENT_MAX };
      transport.onRequest(PROTOCOL, limits, async (peer, body) => {
        try {
          return answer(body);
        } catch (error) {
          if (isCodedError(error) && error.action === 'penalise')
            transport.report(peer, 'malformed', error.message);
          throw error;
        }
      });
    },
    async fetch(peer, ids) {
      const transactions: Transaction[] = [];
      for (let start = 0; start < ids.length; start += FETCH_IDS_MAX) {
        transactions.push(...(await fetchSome(peer, ids.slice(start, start + FETCH_IDS_MAX))));
      }
      return transactions;
    },
  };
}
