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

  keep(message: EarlyMessage): boolean {
    const ofPeer = this.#perPeer.get(message.peer) ?? { count: 0, bytes: 0 };
    const size = message.kind === 'proposal' ? message.bytes : 0;
    const isFull =
      this.#messages.length >= EARLY_MESSAGES_MAX ||
      ofPeer.count >= EARLY_MESSAGES_PER_PEER_MAX ||
      this.#bytes + size > EARLY_BYTES_MAX ||
      ofPeer.bytes + size > EARLY_BYTES_PER_PEER_MAX;
    if (isFull) return false;
    this.#perPeer.set(message.peer, { count: ofPeer.count + 1, bytes: ofPeer.bytes + size });
    this.#messages.push(message);
    this.#bytes += size;
    return true;
  }

  takeAll(): readonly EarlyMessage[] {
    const messages = this.#messages;
    this.#messages = [];
    this.#bytes = 0;
    this.#perPeer.clear();
    return messages;
  }
}
