import type { Cancellable, Clock, Scheduler } from '#kernel';

/** A machine's clock: it drifts, and somebody may set it. Lasts over the lives of the node on it. */
export class MachineClock implements Clock {
  readonly #time: Clock;
  readonly #originMs: number;
  /** Milliseconds that the wall clock is ahead. */
  offsetMs = 0;
  /** How much faster the machine's oscillator runs: 0.001 gains a millisecond a second. */
  drift = 0;

  constructor(time: Clock) {
    this.#time = time;
    this.#originMs = time.monotonic();
  }

  monotonic(): number {
    return (this.#time.monotonic() - this.#originMs) * (1 + this.drift) + this.#originMs;
  }

  now(): number {
    return Math.floor(this.monotonic() + this.offsetMs);
  }

  /** Sets the wall clock to the true time, as a time service does. */
  correct(): void {
    this.offsetMs = this.#time.monotonic() - this.monotonic();
  }
}

/**
 * The scheduler of one life of a node: tasks of a life that ended never run, those of a paused process run when
 * it goes on.
 */
export class LifeScheduler implements Scheduler {
  readonly #time: Scheduler;
  readonly #clock: MachineClock;
  #isAlive = true;
  #isPaused = false;
  #held: (() => void)[] = [];

  constructor(time: Scheduler, clock: MachineClock) {
    this.#time = time;
    this.#clock = clock;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  after(delayMs: number, task: () => void): Cancellable {
    let isCancelled = false;
    const guarded = (): void => {
      if (!isCancelled) task();
    };
    const timer = this.#time.after(delayMs / (1 + this.#clock.drift), () => this.run(guarded));
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

  /** Runs something in this life: now, when the process goes on, or never. */
  run(task: () => void): void {
    if (!this.#isAlive) return;
    if (this.#isPaused) this.#held.push(task);
    else task();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    for (const task of this.#held.splice(0)) this.#time.soon(() => this.run(task));
  }

  end(): void {
    this.#isAlive = false;
    this.#held = [];
  }
}
