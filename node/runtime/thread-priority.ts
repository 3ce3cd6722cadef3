import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';

/** Nice value of work that must not hold up others. */
const NICE = 10;

/**
 * Lets the calling thread run behind the others of the machine. On Linux a nice value is a thread's own, and the
 * kernel names the calling thread; elsewhere nothing happens.
 */
export function lowerThreadPriority(): void {
  try {
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), NICE);
  } catch {
    // Not Linux, or not allowed: the thread runs as the others do.
  }
}
