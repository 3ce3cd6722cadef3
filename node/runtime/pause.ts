import { setTimeout as timeout } from 'node:timers/promises';

/** Resolves after `delayMs`. Keeps the process alive meanwhile, unlike the scheduler's tasks. */
export function pause(delayMs: number): Promise<void> {
  return timeout(delayMs);
}
