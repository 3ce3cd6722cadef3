import type { CutKind, LinkShape } from './faults.ts';

/** One direction between two nodes: what of the first's words reaches the second, and when. */
export class Link {
  readonly from: string;
  readonly to: string;
  readonly #listeners = new Set<() => void>();
  #cut: { how: CutKind; unaware: ReadonlySet<string> } | undefined;
  #shape: LinkShape | undefined;
  /** When the last piece is through: a link of bounded rate carries one after the other. */
  #busyUntilMs = 0;
  bytes = 0;

  constructor(from: string, to: string) {
    this.from = from;
    this.to = to;
  }

  get cut(): CutKind | undefined {
    return this.#cut?.how;
  }

  /** Whether a node's ends of the connections are left open and untold by a half-open cut. */
  leavesUnaware(node: string): boolean {
    return this.#cut?.how === 'half-open' && this.#cut.unaware.has(node);
  }

  setCut(how: CutKind, unaware: ReadonlySet<string> = new Set()): void {
    this.#cut = { how, unaware };
    this.#changed();
  }

  setShape(shape: LinkShape): void {
    this.#shape = shape;
    this.#changed();
  }

  heal(): void {
    this.#cut = undefined;
    this.#shape = undefined;
    this.#busyUntilMs = 0;
    this.#changed();
  }

  /** When a piece that arrives now is through. Pieces of one connection stay in order by `notBeforeMs`. */
  dueAt(bytes: number, nowMs: number, notBeforeMs: number, chance: () => number): number {
    const shape = this.#shape;
    if (shape === undefined) return Math.max(nowMs, notBeforeMs);
    if (shape.kibPerSecond !== undefined) {
      this.#busyUntilMs = Math.max(this.#busyUntilMs, nowMs) + bytes / 1.024 / shape.kibPerSecond;
    }
    const sentMs = Math.max(nowMs, this.#busyUntilMs);
    return Math.max(notBeforeMs, sentMs + shape.delayMs + shape.jitterMs * chance());
  }

  /** Hears every change; returns the unsubscriber. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
