import type { Connection } from '@libp2p/interface';
import type { PeerId } from './face.ts';
import { PEER_CONNECTIONS_MAX } from './limits.ts';

interface Greeting {
  readonly peer: PeerId;
  readonly done: Promise<void>;
  readonly finish: () => void;
}

/** Connections whose handshake is under way: a bounded number of those that one peer opened. */
export class Greetings {
  readonly #greetings = new Map<string, Greeting>();

  /** False when the peer opened too many already that wait for its hello. */
  begin({ id, direction, remotePeer }: Connection): boolean {
    const peer = remotePeer.toString();
    if (direction === 'inbound' && this.#count(peer) >= PEER_CONNECTIONS_MAX) return false;
    const { promise: done, resolve: finish } = Promise.withResolvers<void>();
    this.#greetings.set(id, { peer, done, finish });
    return true;
  }

  has({ id }: Connection): boolean {
    return this.#greetings.has(id);
  }

  /** Resolves when the handshake is over, however it ended. */
  async over({ id }: Connection): Promise<void> {
    await this.#greetings.get(id)?.done;
  }

  end({ id }: Connection): void {
    this.#greetings.get(id)?.finish();
    this.#greetings.delete(id);
  }

  #count(peer: PeerId): number {
    let count = 0;
    for (const greeting of this.#greetings.values()) if (greeting.peer === peer) count++;
    return count;
  }
}
