import type { PeerId } from '#services/network';
import {
  EVIDENCE_QUEUE_BYTES_MAX,
  EVIDENCE_QUEUE_BYTES_PER_PEER_MAX,
  EVIDENCE_QUEUE_MAX,
  EVIDENCE_QUEUE_PER_PEER_MAX,
} from '../limits.ts';
import { PeerShares } from './peer-shares.ts';

/** Encoded evidence of a peer. */
export interface IncomingEvidence {
  readonly peer: PeerId;
  readonly bytes: Uint8Array;
}

/** EVID-17: what peers sent and nobody looked at yet, in order of arrival. */
export class EvidenceQueue {
  #items: IncomingEvidence[] = [];
  readonly #shares = new PeerShares({
    pieces: EVIDENCE_QUEUE_MAX,
    piecesPerPeer: EVIDENCE_QUEUE_PER_PEER_MAX,
    bytes: EVIDENCE_QUEUE_BYTES_MAX,
    bytesPerPeer: EVIDENCE_QUEUE_BYTES_PER_PEER_MAX,
  });

  get bytes(): number {
    return this.#shares.bytes;
  }

  /** False when there is no room for it. */
  push(item: IncomingEvidence): boolean {
    if (!this.#shares.take(item.peer, item.bytes.length)) return false;
    this.#items.push(item);
    return true;
  }

  shift(): IncomingEvidence | undefined {
    const item = this.#items.shift();
    if (item !== undefined) this.#shares.giveBack(item.peer, item.bytes.length);
    return item;
  }

  /** Drops what a peer sent. */
  drop(peer: PeerId): void {
    for (const item of this.#items) {
      if (item.peer === peer) this.#shares.giveBack(peer, item.bytes.length);
    }
    this.#items = this.#items.filter((item) => item.peer !== peer);
  }

  clear(): void {
    this.#items = [];
    this.#shares.clear();
  }
}
