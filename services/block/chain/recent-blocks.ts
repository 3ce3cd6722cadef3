import type { Block } from '../domain/types.ts';
import { RECENT_BLOCKS_MAX, RECENT_TRANSACTIONS_MAX } from '../limits.ts';

/** The last final blocks, at hand: what is read most is what just became final. */
export class RecentBlocks {
  /** Oldest first. */
  readonly #byHeight = new Map<number, Block>();
  #transactions = 0;

  /** @param earliest first height whose transactions are kept */
  get(height: number, earliest: number): Block | undefined {
    return height < earliest ? undefined : this.#byHeight.get(height);
  }

  add(block: Block): void {
    this.#byHeight.set(block.header.height, block);
    this.#transactions += block.transactions.length;
    for (const [height, oldest] of this.#byHeight) {
      const fits = this.#byHeight.size <= RECENT_BLOCKS_MAX && this.#transactions <= RECENT_TRANSACTIONS_MAX;
      if (fits) return;
      this.#byHeight.delete(height);
      this.#transactions -= oldest.transactions.length;
    }
  }
}
