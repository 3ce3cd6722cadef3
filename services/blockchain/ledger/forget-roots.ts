import type { StateEngine } from '#engines/state';
import { META } from './records.ts';

const ROOTS_PER_WRITE = 10_000;

/** Removes the roots of heights below one: their states can no longer be asked for, and `prune` takes their nodes. */
export async function forgetRoots(engine: StateEngine, below: number): Promise<void> {
  if (below <= 0) return;
  for (;;) {
    const range = { gte: META.root(0), lt: META.root(below), limit: ROOTS_PER_WRITE };
    const roots = await engine.rangeAll('meta', range);
    if (roots.length === 0) return;
    const batch = engine.batch();
    for (const { key } of roots) batch.delete('meta', key);
    await engine.write(batch, { sync: true });
  }
}
