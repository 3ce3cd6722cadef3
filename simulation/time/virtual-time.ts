import type { Cancellable, Clock, Scheduler } from '#kernel';
import { systemScheduler } from '#runtime';

interface Task {
  readonly atMs: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/** Turns put into the event loop at once: each time it comes round it asks the machine for I/O, and none is awaited. */
const TURNS_AT_ONCE = 64;

/** Clock and scheduler of a whole network in one process: time goes from event to event, nothing waits for real. */
export class VirtualTime implements Clock, Scheduler {
  readonly #heap: Task[] = [];
  #nowMs: number;
  #order = 0;
  /** Tasks run so far. */
  steps = 0;

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
    push(this.#heap, task);
    return {
      cancel: () => {
        task.run = undefined;
      },
    };
  }

  soon(run: () => void): Cancellable {
    return this.after(0, run);
  }

  /**
   * Runs until `done` holds; false when `limitMs` of virtual time passed first. Promises settle before time goes
   * on: whatever takes time in the simulated world is a task, so that the order of everything is the seed's.
   */
  runUntil(done: () => boolean, limitMs: number): Promise<boolean> {
    const endMs = this.#nowMs + limitMs;
    return new Promise((resolve, reject) => {
      let isOver = false;
      let left = 0;
      const over = (how: () => void): void => {
        isOver = true;
        how();
      };
      const turn = (): void => {
        if (isOver) return;
        left -= 1;
        try {
          if (done()) return over(() => resolve(true));
          const task = this.#next(endMs);
          if (task === undefined) {
            this.#nowMs = Math.max(this.#nowMs, endMs);
            return over(() => resolve(false));
          }
          this.#nowMs = Math.max(this.#nowMs, task.atMs);
          this.steps++;
          task.run?.();
        } catch (error) {
          return over(() => reject(error instanceof Error ? error : new Error(String(error))));
        }
        if (left === 0) schedule();
      };
      // Between two turns of one round of the event loop all promises settle, too.
      const schedule = (): void => {
        for (left = 0; left < TURNS_AT_ONCE; left++) systemScheduler.soon(turn);
      };
      schedule();
    });
  }

  async run(forMs: number): Promise<void> {
    await this.runUntil(() => false, forMs);
  }

  #next(endMs: number): Task | undefined {
    for (;;) {
      const [first] = this.#heap;
      if (first === undefined || first.atMs > endMs) return undefined;
      pop(this.#heap);
      if (first.run !== undefined) return first;
    }
  }
}

function isBefore(a: Task, b: Task): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** A binary heap in an array: the earliest task first. */
function push(heap: Task[], task: Task): void {
  let index = heap.length;
  heap.push(task);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent] as Task;
    if (!isBefore(task, above)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = task;
}

function pop(heap: Task[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    const right = heap[child + 1];
    if (right !== undefined && isBefore(right, heap[child] as Task)) child += 1;
    const below = heap[child] as Task;
    if (!isBefore(below, last)) break;
    heap[index] = below;
    index = child;
  }
  heap[index] = last;
}
