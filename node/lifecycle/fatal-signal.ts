import { CodedError, type Logger } from '#kernel';
import { nodeError } from './errors.ts';

/** The first reason to end, for whoever listens, now or later. */
export class FatalSignal {
  readonly #what: string;
  readonly #logger: Logger;
  #error: Error | undefined;
  #listener: ((error: Error) => void) | undefined;

  /** @param what stops: `node`, `signer` */
  constructor(what: string, logger: Logger) {
    this.#what = what;
    this.#logger = logger;
  }

  raise(cause: unknown): void {
    if (this.#error !== undefined) return;
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#error =
      cause instanceof CodedError
        ? cause
        : nodeError('failed', `the ${this.#what} stops for safety: ${reason}`, { reason }, { cause });
    this.#logger.error({ error: this.#error }, `the ${this.#what} stops for safety`);
    this.#listener?.(this.#error);
  }

  onFatal(listener: (error: Error) => void): void {
    this.#listener = listener;
    if (this.#error !== undefined) listener(this.#error);
  }
}
