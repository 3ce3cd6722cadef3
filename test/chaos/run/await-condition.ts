import { setTimeout as pause } from 'node:timers/promises';
import { chaosError } from '../errors.ts';

const POLL_MS = 50;

/**
 * Milliseconds until a condition holds; undefined when it does not in time.
 *
 * @throws `chaos.stopped`
 */
export async function msUntil(
  condition: () => boolean | Promise<boolean>,
  withinMs: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const startedMs = performance.now();
  for (;;) {
    if (signal.aborted) throw chaosError('stopped', 'the run was stopped');
    if (await condition()) return Math.round(performance.now() - startedMs);
    if (performance.now() - startedMs > withinMs) return undefined;
    await pause(POLL_MS, undefined, { signal }).catch(() => {});
  }
}

/** @throws `chaos.stopped` */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => {});
  if (signal.aborted) throw chaosError('stopped', 'the run was stopped');
}
