import type { Clock, Scheduler } from '#kernel';

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/** The event loop's timers. */
export const systemScheduler: Scheduler = {
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
  soon(task) {
    const handle = setImmediate(task);
    return { cancel: () => clearImmediate(handle) };
  },
};
