import { setImmediate as turn } from 'node:timers/promises';
import type { Cancellable, Clock, Scheduler } from '#kernel';

interface Task {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Clock and scheduler of a whole test network: time goes from event to event, nothing waits for real. */
export class VirtualTime implements Clock, Scheduler {
  #nowMs: number;
  #order = 0;
  #tasks: Task[] = [];

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs;
  }

  now(): number {
    return Math.floor(this.#nowMs);
  }

  monotonic(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): Cancellable {
    const task: Task = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, run };
    // Kept sorted: most tasks belong near the end.
    let index = this.#tasks.length;
    while (index > 0 && (this.#tasks[index - 1] as Task).atMs > task.atMs) index -= 1;
    this.#tasks.splice(index, 0, task);
    return {
      cancel: () => {
        const at = this.#tasks.indexOf(task);
        if (at >= 0) this.#tasks.splice(at, 1);
      },
    };
  }

  soon(run: () => void): Cancellable {
    return this.after(0, run);
  }

  /** Runs until `done` holds; false when `limitMs` of virtual time passed first. */
  async runUntil(done: () => boolean, limitMs: number): Promise<boolean> {
    const end = this.#nowMs + limitMs;
    await turn();
    while (!done()) {
      const next = this.#tasks[0];
      if (next === undefined || next.atMs > end) {
        this.#nowMs = end;
        return false;
      }
      this.#tasks.shift();
      this.#nowMs = next.atMs;
      next.run();
      // Promises settle before time goes on; the disks of these tests need no more than that.
      await turn();
    }
    return true;
  }

  async run(forMs: number): Promise<void> {
    await this.runUntil(() => false, forMs);
  }
}
