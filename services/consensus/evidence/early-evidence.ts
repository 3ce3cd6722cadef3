import { toHex } from '#kernel';
import type { Evidence } from '#services/block';
import type { PeerId } from '#services/network';
import {
  EARLY_EVIDENCE_BYTES_MAX,
  EARLY_EVIDENCE_BYTES_PER_PEER_MAX,
  EARLY_EVIDENCE_HEIGHTS_MAX,
  EARLY_EVIDENCE_MAX,
  EARLY_EVIDENCE_PER_PEER_MAX,
  EVIDENCE_POOL_MAX,
} from '../limits.ts';
import { PeerShares } from './peer-shares.ts';

/** Evidence and who gave it; no peer for what this node found itself. */
export interface SourcedEvidence {
  readonly evidence: Evidence;
  readonly peer: PeerId | undefined;
}

/**
 * Evidence that cannot be checked before more blocks are final (EVID-10). What peers sent is bounded in number, bytes
 * and height, since nothing of it is verified; what this node found is bounded by the pool.
 */
export class EarlyEvidence {
  readonly #own = new Map<string, SourcedEvidence>();
  readonly #sent = new Map<string, SourcedEvidence>();
  /** Of what peers sent. */
  readonly #shares = new PeerShares({
    pieces: EARLY_EVIDENCE_MAX,
    piecesPerPeer: EARLY_EVIDENCE_PER_PEER_MAX,
    bytes: EARLY_EVIDENCE_BYTES_MAX,
    bytesPerPeer: EARLY_EVIDENCE_BYTES_PER_PEER_MAX,
  });

  get size(): number {
    return this.#own.size + this.#sent.size;
  }

  /** Of what peers sent, encoded. */
  get bytes(): number {
    return this.#shares.bytes;
  }

  has(hash: Uint8Array): boolean {
    const id = toHex(hash);
    return this.#own.has(id) || this.#sent.has(id);
  }

  /** False when there is no room for it. */
  keep(sourced: SourcedEvidence, tip: number): boolean {
    const { evidence, peer } = sourced;
    const id = toHex(evidence.hash);
    if (peer === undefined) {
      if (this.#own.size >= EVIDENCE_POOL_MAX) return false;
      this.#own.set(id, sourced);
      return true;
    }
    if (latestHeight(evidence) > tip + EARLY_EVIDENCE_HEIGHTS_MAX) return false;
    if (!this.#shares.take(peer, evidence.bytes.length)) return false;
    this.#sent.set(id, sourced);
    return true;
  }

  /** Takes out what may have become checkable. */
  takeAll(): readonly SourcedEvidence[] {
    const all = [...this.#own.values(), ...this.#sent.values()];
    this.#own.clear();
    this.#sent.clear();
    this.#shares.clear();
    return all;
  }
}

/** EVID-10: the last height that the evidence is about; an attack is of a common height, which may be long final. */
function latestHeight(evidence: Evidence): number {
  if (evidence.kind !== 'light-client-attack') return evidence.height;
  return Math.max(evidence.height, evidence.header.height);
}
