import { isCodedError, type Logger } from '#kernel';
import type { PeerId, Transport } from '#services/network';
import { INCOMING_BATCH_MAX, INCOMING_TRANSACTIONS_MAX } from '../limits.ts';
import type { Mempool } from '../mempool/face.ts';

export interface IncomingComponents {
  readonly transport: Pick<Transport, 'report'>;
  readonly mempool: Pick<Mempool, 'submit'>;
  readonly logger: Logger;
}

/**
 * Transactions that peers sent and that the mempool has not judged yet. One batch of a peer is under way at a
 * time: what comes meanwhile waits and goes as one, so the busier the node, the larger and cheaper its batches.
 * What exceeds the bound is dropped without blame: an honest peer cannot know how busy this node is, and the
 * transaction is fetched when it is announced or proposed.
 */
export class Incoming {
  readonly #components: IncomingComponents;
  readonly #waiting = new Map<PeerId, Uint8Array[]>();
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
    const waiting = this.#waiting.get(peer);
    const room = INCOMING_TRANSACTIONS_MAX - (waiting?.length ?? 0);
    const taken = encoded.slice(0, room);
    this.#dropped += encoded.length - taken.length;
    if (waiting !== undefined) {
      waiting.push(...taken);
      return;
    }
    this.#waiting.set(peer, taken);
    void this.#drain(peer, taken);
  }

  async #drain(peer: PeerId, waiting: Uint8Array[]): Promise<void> {
    const { mempool, transport, logger } = this.#components;
    while (waiting.length > 0) {
      try {
        const results = await mempool.submit(waiting.splice(0, INCOMING_BATCH_MAX), peer);
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
