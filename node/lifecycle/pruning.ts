import type { Logger, Scheduler } from '#kernel';

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
