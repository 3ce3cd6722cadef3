import type { SeededRandom } from '../random.ts';
import type { VirtualTime } from '../time/virtual-time.ts';

/** How a link fails: `drop` loses what is sent, `stall` holds it until the link heals, as TCP does. */
export type Blockage = 'drop' | 'stall';

/** One direction of a connection, as the wire keeps it. */
export interface Lane {
  readonly from: string;
  readonly to: string;
  /** Time of the last arrival: what is sent in order arrives in order. */
  lastMs: number;
}

interface Held {
  readonly lane: Lane;
  readonly arrive: () => void;
  readonly isControl: boolean;
}

export interface WireStatistics {
  sent: number;
  lost: number;
  duplicated: number;
  reordered: number;
}

/** The links between the machines: delay, loss, duplication, reordering, and blockage in either direction. */
export class Wire {
  readonly #time: VirtualTime;
  readonly #random: SeededRandom;
  readonly #blocked = new Map<string, Blockage>();
  readonly #base = new Map<string, number>();
  #held: Held[] = [];
  /** Probabilities for each piece that is sent. */
  loss = 0;
  duplication = 0;
  reordering = 0;
  /** Added to each link's own latency: a random part of so many milliseconds. */
  jitterMs = 2;
  readonly statistics: WireStatistics = { sent: 0, lost: 0, duplicated: 0, reordered: 0 };

  constructor(time: VirtualTime, random: SeededRandom) {
    this.#time = time;
    this.#random = random;
  }

  /** Blocks one direction. */
  block(from: string, to: string, blockage: Blockage): void {
    this.#blocked.set(`${from}>${to}`, blockage);
  }

  isBlocked(from: string, to: string): boolean {
    return this.#blocked.has(`${from}>${to}`);
  }

  /** Opens all links; what was held arrives. */
  unblock(): void {
    this.#blocked.clear();
    for (const { lane, arrive, isControl } of this.#held.splice(0)) this.carry(lane, arrive, isControl);
  }

  /** No fault any more. */
  heal(): void {
    this.loss = 0;
    this.duplication = 0;
    this.reordering = 0;
    this.jitterMs = 2;
    this.unblock();
  }

  /** Milliseconds from one machine to another now. */
  latencyMs(from: string, to: string): number {
    const key = from < to ? `${from}>${to}` : `${to}>${from}`;
    let base = this.#base.get(key);
    if (base === undefined) {
      base = this.#random.between(1, 8);
      this.#base.set(key, base);
    }
    return base + (this.#random.integer(1000) / 1000) * this.jitterMs;
  }

  /**
   * Carries a piece; `arrive` runs when it is there: once, never or twice.
   *
   * @param isControl the opening and closing of streams and connections: only a blocked link loses it
   */
  carry(lane: Lane, arrive: () => void, isControl: boolean): void {
    const { from, to } = lane;
    this.statistics.sent++;
    const blockage = this.#blocked.get(`${from}>${to}`);
    if (blockage === 'stall') {
      this.#held.push({ lane, arrive, isControl });
      return;
    }
    if (blockage === 'drop' || (!isControl && this.#random.chance(this.loss))) {
      this.statistics.lost++;
      return;
    }
    this.#deliver(lane, arrive, isControl);
    if (isControl || !this.#random.chance(this.duplication)) return;
    this.statistics.duplicated++;
    this.#deliver(lane, arrive, isControl);
  }

  #deliver(lane: Lane, arrive: () => void, isControl: boolean): void {
    const atMs = this.#time.monotonic() + this.latencyMs(lane.from, lane.to);
    const isReordered = !isControl && this.#random.chance(this.reordering);
    if (isReordered) this.statistics.reordered++;
    const extraMs = isReordered ? this.#random.integer(50) : 0;
    const arrivalMs = isReordered ? atMs + extraMs : Math.max(atMs, lane.lastMs);
    if (!isReordered) lane.lastMs = arrivalMs;
    this.#time.after(arrivalMs - this.#time.monotonic(), arrive);
  }
}
