import type { PeerId } from '#services/network';
import type { SignedProposal, SignedVote } from '../wire/messages.ts';
import {
  EARLY_BYTES_MAX,
  EARLY_BYTES_PER_PEER_MAX,
  EARLY_MESSAGES_MAX,
  EARLY_MESSAGES_PER_PEER_MAX,
} from '../limits.ts';

export type EarlyMessage =
  | { readonly kind: 'vote'; readonly peer: PeerId; readonly vote: SignedVote }
  | {
      readonly kind: 'proposal';
      readonly peer: PeerId;
      readonly proposal: SignedProposal;
      readonly receivedAtMs: number;
      /** Of the message on the wire. */
      readonly bytes: number;
    };

/**
 * Messages of the next height, whose validators are not known yet and whose signatures cannot be verified:
 * kept within bounds until it starts. What is refused comes again by the exchange of round states.
 */
export class EarlyMessages {
  #messages: EarlyMessage[] = [];
  #bytes = 0;
  readonly #perPeer = new Map<PeerId, { readonly count: number; readonly bytes: number }>();

  get length(): number {
    return this.#messages.length;
  }

  /** Of the proposals, on the wire. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @param bytes of a proposal on the wire; 0 for a vote */
  hasRoom(peer: PeerId, bytes: number): boolean {
    const ofPeer = this.#ofPeer(peer);
    return (
      this.#messages.length < EARLY_MESSAGES_MAX &&
      ofPeer.count < EARLY_MESSAGES_PER_PEER_MAX &&
      this.#bytes + bytes <= EARLY_BYTES_MAX &&
      ofPeer.bytes + bytes <= EARLY_BYTES_PER_PEER_MAX
    );
  }

  keep(message: EarlyMessage): boolean {
    const size = message.kind === 'proposal' ? message.bytes : 0;
    if (!this.hasRoom(message.peer, size)) return false;
    const ofPeer = this.#ofPeer(message.peer);
    this.#perPeer.set(message.peer, { count: ofPeer.count + 1, bytes: ofPeer.bytes + size });
    this.#messages.push(message);
    this.#bytes += size;
    return true;
  }

  #ofPeer(peer: PeerId): { readonly count: number; readonly bytes: number } {
    return this.#perPeer.get(peer) ?? { count: 0, bytes: 0 };
  }

  takeAll(): readonly EarlyMessage[] {
    const messages = this.#messages;
    this.#messages = [];
    this.#bytes = 0;
    this.#perPeer.clear();
    return messages;
  }
}
