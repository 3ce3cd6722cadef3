import { globSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { systemClock } from '#runtime';
import type { Benchmark } from './benchmark.ts';
import type { Row } from './row.ts';

const ROOT = join(import.meta.dirname, '..');

/** Runs the benchmarks of every context: once to warm up, once measured. */
export async function runMicro(onRow: (row: Row) => void): Promise<void> {
  for (const file of globSync('services/*/bench/benchmarks.ts', { cwd: ROOT }).toSorted()) {
    const module = (await import(pathToFileURL(join(ROOT, file)).href)) as {
      benchmarks: readonly Benchmark[];
    };
    for (const benchmark of module.benchmarks) {
      await benchmark.run(systemClock);
      const { operations, milliseconds } = await benchmark.run(systemClock);
      const perSecond = (1000 * operations) / milliseconds;
      onRow({ name: benchmark.name, value: perSecond, unit: '/s' });
    }
  }
}
