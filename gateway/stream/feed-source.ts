import type { FinalisedBlock } from '#services/block';
import type { ChainReader } from '../ports.ts';
import { BlockFeed } from './block-feed.ts';

/** The feeds of final blocks: the latest from memory, older ones from the block store, a few at once. */
export class FeedSource {
  readonly #chain: ChainReader;
  readonly #recentMax: number;
  readonly #readsMax: number;
  readonly #recent = new Map<number, BlockFeed>();
  readonly #waiting: (() => void)[] = [];
  #reads = 0;

  constructor(chain: ChainReader, limits: { recentMax: number; readsMax: number }) {
    this.#chain = chain;
    this.#recentMax = limits.recentMax;
    this.#readsMax = limits.readsMax;
  }

  /** Keeps a new block at hand. */
  add({ block, execution }: FinalisedBlock): void {
    const feed = new BlockFeed(block, execution.receipts, execution.events);
    this.#recent.set(feed.height, feed);
    if (this.#recent.size <= this.#recentMax) return;
    const oldest = this.#recent.keys().next();
    if (oldest.done !== true) this.#recent.delete(oldest.value);
  }

  /** Lets go of what is kept. */
  clear(): void {
    this.#recent.clear();
  }

  /** The feed of a height; undefined when this node no longer has the block. */
  async at(height: number): Promise<BlockFeed | undefined> {
    const recent = this.#recent.get(height);
    if (recent !== undefined) return recent;
    await this.#enter();
    try {
      const [block, receipts, events] = await Promise.all([
        this.#chain.block(height),
        this.#chain.receipts(height),
        this.#chain.events(height),
      ]);
      if (block === undefined || receipts === undefined || events === undefined) return undefined;
      return new BlockFeed(block, receipts, events);
    } finally {
      this.#leave();
    }
  }

  #enter(): Promise<void> | undefined {
    if (this.#reads < this.#readsMax) {
      this.#reads++;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #leave(): void {
    // Whoever waits takes over the place.
    const next = this.#waiting.shift();
    if (next === undefined) this.#reads--;
    else next();
  }
}
