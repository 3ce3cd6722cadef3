import type { PeerId } from '#services/network';

/** Most of what waits, in pieces and bytes, in all and of one peer. */
export interface ShareLimits {
  readonly pieces: number;
  readonly piecesPerPeer: number;
  readonly bytes: number;
  readonly bytesPerPeer: number;
}

/** EVID-17: what peers sent and nobody verified, counted against its bounds. */
export class PeerShares {
  readonly #limits: ShareLimits;
  readonly #ofPeers = new Map<PeerId, { readonly pieces: number; readonly bytes: number }>();
  #pieces = 0;
  #bytes = 0;

  constructor(limits: ShareLimits) {
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Counts a piece of `bytes` bytes; false when there is no room for it. */
  take(peer: PeerId, bytes: number): boolean {
    const { pieces, piecesPerPeer, bytes: bytesMax, bytesPerPeer } = this.#limits;
    const share = this.#ofPeers.get(peer) ?? { pieces: 0, bytes: 0 };
    const isFull =
      this.#pieces >= pieces ||
      share.pieces >= piecesPerPeer ||
      this.#bytes + bytes > bytesMax ||
      share.bytes + bytes > bytesPerPeer;
    if (isFull) return false;
    this.#change(peer, share, 1, bytes);
    return true;
  }

  /** Counts a piece no longer that was taken. */
  giveBack(peer: PeerId, bytes: number): void {
    const share = this.#ofPeers.get(peer);
    if (share !== undefined) this.#change(peer, share, -1, -bytes);
  }

  clear(): void {
    this.#ofPeers.clear();
    this.#pieces = 0;
    this.#bytes = 0;
  }

  #change(peer: PeerId, share: { pieces: number; bytes: number }, pieces: number, bytes: number): void {
    this.#pieces += pieces;
    this.#bytes += bytes;
    if (share.pieces + pieces === 0) this.#ofPeers.delete(peer);
    else this.#ofPeers.set(peer, { pieces: share.pieces + pieces, bytes: share.bytes + bytes });
  }
}
