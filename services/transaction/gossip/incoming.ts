import { isCodedError, type Logger } from '#kernel';
import type { PeerId, Transport } from '#services/network';
import { INCOMING_BATCH_MAX, INCOMING_BYTES_MAX, INCOMING_TRANSACTIONS_MAX } from '../limits.ts';
import type { Mempool } from '../mempool/face.ts';

export interface IncomingComponents {
  readonly transport: Pick<Transport, 'report'>;
  readonly mempool: Pick<Mempool, 'submit'>;
  readonly logger: Logger;
}

/** What waits of one peer. */
interface Waiting {
  readonly encoded: Uint8Array[];
  bytes: number;
}

/**
 * Transactions that peers sent and that the mempool has not judged yet. One batch of a peer is under way at a
 * time: what comes meanwhile waits and goes as one, so the busier the node, the larger and cheaper its batches.
 * What exceeds the bound is dropped without blame: an honest peer cannot know how busy this node is, and the
 * transaction is fetched when it is announced or proposed.
 */
export class Incoming {
  readonly #components: IncomingComponents;
  readonly #waiting = new Map<PeerId, Waiting>();
  #dropped = 0;

  constructor(components: IncomingComponents) {
    this.#components = components;
  }

  /** True while something waits to be judged: what is missing may be in it. */
  get isBusy(): boolean {
    return this.#waiting.size > 0;
  }

  get dropped(): number {
    return this.#dropped;
  }

  add(peer: PeerId, encoded: readonly Uint8Array[]): void {
    const known = this.#waiting.get(peer);
    const waiting = known ?? { encoded: [], bytes: 0 };
    for (const bytes of encoded) {
      const fits =
        waiting.encoded.length < INCOMING_TRANSACTIONS_MAX &&
        waiting.bytes + bytes.length <= INCOMING_BYTES_MAX;
      if (!fits) {
        this.#dropped++;
        continue;
      }
      waiting.encoded.push(bytes);
      waiting.bytes += bytes.length;
    }
    if (known !== undefined) return;
    this.#waiting.set(peer, waiting);
    void this.#drain(peer, waiting);
  }

  async #drain(peer: PeerId, waiting: Waiting): Promise<void> {
    const { mempool, transport, logger } = this.#components;
    while (waiting.encoded.length > 0) {
      const batch = waiting.encoded.splice(0, INCOMING_BATCH_MAX);
      for (const { length } of batch) waiting.bytes -= length;
      try {
        const results = await mempool.submit(batch, peer);
        const bad = results.find((result) => !result.ok && result.error.action === 'penalise');
        if (bad !== undefined && !bad.ok) transport.report(peer, 'invalid', bad.error.message);
      } catch (error) {
        if (isCodedError(error) && error.action === 'penalise')
          transport.report(peer, 'malformed', error.message);
        else logger.error({ error, peer }, 'transactions of a peer could not be judged');
      }
    }
    this.#waiting.delete(peer);
  }
}
