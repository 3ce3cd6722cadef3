import type { PeerId } from '#services/network';
import type { SignedProposal, SignedVote } from '../wire/messages.ts';
import { EARLY_MESSAGES_MAX, EARLY_MESSAGES_PER_PEER_MAX } from '../limits.ts';

export type EarlyMessage =
  | { readonly kind: 'vote'; readonly peer: PeerId; readonly vote: SignedVote }
  | {
      readonly kind: 'proposal';
      readonly peer: PeerId;
      readonly proposal: SignedProposal;
      readonly receivedAtMs: number;
    };

/**
 * Messages of the next height, whose validators are not known yet and whose signatures cannot be verified:
 * kept within bounds until it starts. What is refused comes again by the exchange of round states.
 */
export class EarlyMessages {
  #messages: EarlyMessage[] = [];
  readonly #perPeer = new Map<PeerId, number>();

  get length(): number {
    return this.#messages.length;
  }

  keep(message: EarlyMessage): boolean {
    const count = this.#perPeer.get(message.peer) ?? 0;
    const isFull = this.#messages.length >= EARLY_MESSAGES_MAX || count >= EARLY_MESSAGES_PER_PEER_MAX;
    if (isFull) return false;
    this.#perPeer.set(message.peer, count + 1);
    this.#messages.push(message);
    return true;
  }

  takeAll(): readonly EarlyMessage[] {
    const messages = this.#messages;
    this.#messages = [];
    this.#perPeer.clear();
    return messages;
  }
}
