import type { Clock, Scheduler } from '#kernel';

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/** A longer one of the machine's timers would fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The event loop's timers. */
export const systemScheduler: Scheduler = {
  after(delayMs, task) {
    let timer: NodeJS.Timeout;
    const wait = (leftMs: number): void => {
      const partMs = Math.min(leftMs, TIMER_MS_MAX);
      timer = setTimeout(() => (leftMs > partMs ? wait(leftMs - partMs) : task()), partMs);
      timer.unref();
    };
    wait(delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  soon(task) {
    const handle = setImmediate(task);
    return { cancel: () => clearImmediate(handle) };
  },
};
