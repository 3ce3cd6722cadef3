/** Time as a port: the system's in production, virtual in simulation. */
export interface Clock {
  /** Unix time in milliseconds, an integer. May jump. */
  now(): number;
  /** Milliseconds from an arbitrary origin; never goes back. */
  monotonic(): number;
}

/** A timer or task that has not run yet. */
export interface Cancellable {
  cancel(): void;
}

/** Deferred execution as a port. */
export interface Scheduler {
  /** Runs `task` once after `delayMs`. Does not keep the process alive by itself. */
  after(delayMs: number, task: () => void): Cancellable;
  /** Runs `task` once, after the I/O that is ready now. */
  soon(task: () => void): Cancellable;
}
