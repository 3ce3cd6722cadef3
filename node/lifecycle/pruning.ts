import type { Logger, Scheduler } from '#kernel';
import type { Chain } from '#services/block';
import type { Ledger, Snapshots } from '#services/blockchain';

/** Blocks pruned in one step. */
const BLOCKS_A_STEP = 8;

/**
 * SYNC-8: one bounded step of pruning: the state first, then transactions, receipts and indexes. A height of which a snapshot
 * is being made stays.
 *
 * @param retainedBlocks heights whose transactions are kept; 0 keeps all
 */
export function pruneSteps(
  contexts: {
    chain: Pick<Chain, 'tip' | 'prune'>;
    ledger: Pick<Ledger, 'prune'>;
    snapshots: Pick<Snapshots, 'held'>;
  },
  retainedBlocks: number,
): () => Promise<boolean> {
  const { chain, ledger, snapshots } = contexts;
  return async () => {
    const more = await ledger.prune(snapshots.held());
    if (retainedBlocks === 0) return more;
    const below = chain.tip().height - retainedBlocks + 1;
    const pruned = below > 0 ? await chain.prune(below, BLOCKS_A_STEP) : 0;
    return more || pruned === BLOCKS_A_STEP;
  };
}

export interface PruningComponents {
  /** Removes a bounded step of what is no longer retained; true while there is more. */
  readonly prune: () => Promise<boolean>;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly onFatal: (error: unknown) => void;
}

/** Prunes in the background, one bounded step at a time, so that blocks never wait long for it. */
export class Pruning {
  readonly #components: PruningComponents;
  #running: Promise<void> | undefined;
  #stopping = false;

  constructor(components: PruningComponents) {
    this.#components = components;
  }

  /** Looks for work; call after each block. */
  wake(): void {
    if (this.#stopping || this.#running !== undefined) return;
    this.#running = this.#work()
      .catch((error: unknown) => this.#components.onFatal(error))
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** Resolves when the step under way has ended. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  async #work(): Promise<void> {
    while (!this.#stopping && (await this.#components.prune())) {
      await new Promise<void>((resolve) => this.#components.scheduler.soon(resolve));
    }
  }
}
