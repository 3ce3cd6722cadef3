import type { Logger } from '#kernel';

/** What was opened, to be closed in the opposite order, whether the start completed or not. */
export class Teardown {
  readonly #steps: { readonly name: string; readonly close: () => Promise<void> | void }[] = [];
  #done: Promise<void> | undefined;

  add(name: string, close: () => Promise<void> | void): void {
    this.#steps.push({ name, close });
  }

  /** Closes everything once. A step that fails is logged and does not keep the others from closing. */
  run(logger: Logger): Promise<void> {
    this.#done ??= this.#closeAll(logger);
    return this.#done;
  }

  async #closeAll(logger: Logger): Promise<void> {
    for (const { name, close } of this.#steps.toReversed()) {
      try {
        await close();
      } catch (error) {
        logger.error({ error, step: name }, 'a part of the node did not close');
      }
    }
  }
}
