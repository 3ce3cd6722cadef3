import { setTimeout as pause } from 'node:timers/promises';

/**
 * After so long, what a test waits for is taken to come never. It says nothing of how fast the code is: a crowded
 * machine must not end a test that is right, and one that is right waits no longer than it has to.
 */
const PATIENCE_MS = 180_000;

/**
 * Waits until `probe` gives a value, looking again every `everyMs`.
 *
 * @throws Error that names `what` and the last probe's failure after `withinMs`
 */
export async function until<Value>(
  what: string,
  probe: () => Promise<Value | undefined | false>,
  { withinMs = PATIENCE_MS, everyMs = 50 }: { withinMs?: number; everyMs?: number } = {},
): Promise<Value> {
  const deadline = performance.now() + withinMs;
  let failure: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`not within ${withinMs} ms: ${what}`, { cause: failure });
    }
    await pause(everyMs);
  }
}
