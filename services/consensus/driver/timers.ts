import type { Cancellable, Scheduler } from '#kernel';
import type { Timeout, TimeoutKind } from '../domain/types.ts';

/** The timers of a height: one a kind, since only the newest round's matters. */
export class Timers {
  readonly #scheduler: Scheduler;
  readonly #running = new Map<TimeoutKind, Cancellable>();

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  set(timeout: Timeout, delayMs: number, fire: (timeout: Timeout) => void): void {
    this.#running.get(timeout.kind)?.cancel();
    const timer = this.#scheduler.after(delayMs, () => {
      this.#running.delete(timeout.kind);
      fire(timeout);
    });
    this.#running.set(timeout.kind, timer);
  }

  cancelAll(): void {
    for (const timer of this.#running.values()) timer.cancel();
    this.#running.clear();
  }
}
