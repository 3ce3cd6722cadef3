import type { Cancellable, Clock, Scheduler } from '#kernel';
import type { VirtualTime } from '../time/virtual-time.ts';

/**
 * The one thread of a machine on virtual time. Work is charged as it is done: the machine's own time runs ahead
 * of the network's by what it is busy with, and its next task waits until then.
 */
export class MachineCpu implements Clock, Scheduler {
  readonly #time: VirtualTime;
  readonly #slowness: number;
  readonly #skewMs: number;
  #freeAtMs = 0;
  #tasks: (() => void)[] = [];
  #wakesAtMs = Infinity;
  /** Milliseconds that the thread worked. */
  busyMs = 0;

  /**
   * @param slowness how many times longer than on the measured machine work takes
   * @param skewMs how far the wall clock is ahead
   */
  constructor(time: VirtualTime, slowness: number, skewMs: number) {
    this.#time = time;
    this.#slowness = slowness;
    this.#skewMs = skewMs;
  }

  /** Takes `ms` of the measured machine's thread. */
  charge(ms: number): void {
    const cost = ms * this.#slowness;
    this.busyMs += cost;
    this.#freeAtMs = this.monotonic() + cost;
  }

  monotonic(): number {
    return Math.max(this.#time.monotonic(), this.#freeAtMs);
  }

  now(): number {
    return Math.floor(this.monotonic() + this.#skewMs);
  }

  after(delayMs: number, task: () => void): Cancellable {
    let isCancelled = false;
    const atMs = this.monotonic() + Math.max(0, delayMs);
    const timer = this.#time.after(atMs - this.#time.monotonic(), () => {
      if (!isCancelled) this.run(() => !isCancelled && task());
    });
    return {
      cancel: () => {
        isCancelled = true;
        timer.cancel();
      },
    };
  }

  soon(task: () => void): Cancellable {
    return this.after(0, task);
  }

  /** Runs a task when the thread is free, in order. */
  run(task: () => void): void {
    this.#tasks.push(task);
    this.#wakeAt(this.monotonic());
  }

  #wakeAt(atMs: number): void {
    if (this.#wakesAtMs <= atMs) return;
    this.#wakesAtMs = atMs;
    this.#time.after(atMs - this.#time.monotonic(), () => {
      if (this.#wakesAtMs === atMs) this.#wake();
    });
  }

  /** All that is ready, as one turn of an event loop. What promises it settles runs before time goes on. */
  #wake(): void {
    this.#wakesAtMs = Infinity;
    if (this.#freeAtMs > this.#time.monotonic()) return this.#wakeAt(this.#freeAtMs);
    const tasks = this.#tasks;
    this.#tasks = [];
    for (const task of tasks) task();
  }
}
