import { GOSSIP_QUEUE_MAX, REMIND_AFTER_MS } from '../limits.ts';

/**
 * Own transactions that were told to the peers and may still wait. What is sent may be lost on its way, with a full
 * queue or a link that breaks, and nobody else would ever propose it: what waits for long is announced again.
 */
export class OwnWaiting {
  /** When each was last told, the oldest first. */
  readonly #toldMs = new Map<string, number>();

  get isEmpty(): boolean {
    return this.#toldMs.size === 0;
  }

  /** Beyond the bound the oldest is left to the peers that it was told. */
  add(ids: readonly string[], nowMs: number): void {
    for (const id of ids) this.#toldMs.set(id, nowMs);
    for (const id of this.#toldMs.keys()) {
      if (this.#toldMs.size <= GOSSIP_QUEUE_MAX) return;
      this.#toldMs.delete(id);
    }
  }

  /** Ids to announce again, at most `count`; forgets those that wait no more. */
  due(nowMs: number, count: number, isWaiting: (id: string) => boolean): string[] {
    const due: string[] = [];
    for (const [id, toldMs] of this.#toldMs) {
      if (nowMs - toldMs < REMIND_AFTER_MS || due.length >= count) break;
      this.#toldMs.delete(id);
      if (isWaiting(id)) due.push(id);
    }
    this.add(due, nowMs);
    return due;
  }
}
