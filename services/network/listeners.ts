import { isCodedError, type Logger } from '#kernel';

/** Those who want to hear of something. One that fails with a coded error does not keep the others from hearing. */
export class Listeners<Event> {
  readonly #logger: Logger;
  readonly #listeners = new Set<(event: Event) => void>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Returns the unsubscriber. */
  add(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  tell(event: Event): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        if (!isCodedError(error)) throw error;
        this.#logger.error({ error }, 'a listener of peer events failed');
      }
    }
  }
}
