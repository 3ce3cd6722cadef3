import type { Clock } from '#kernel';

/** One micro benchmark: it counts its own operations and times only the part that is measured. */
export interface Benchmark {
  readonly name: string;
  run(clock: Clock): Promise<{ operations: number; milliseconds: number }>;
}
