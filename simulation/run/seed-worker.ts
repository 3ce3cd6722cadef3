/** Runs seeds in a thread of its own: one request, one report. */
import { parentPort, workerData } from 'node:worker_threads';
import type { SeedRequest } from './run-seed.ts';

export interface SeedWorkerData {
  /** Name of the mutation that the thread's code has. */
  readonly mutation: string | undefined;
}

const { mutation } = workerData as SeedWorkerData;
if (mutation !== undefined) {
  const { applyMutation } = await import('../mutations/apply.ts');
  applyMutation(mutation);
}
// After the mutation: what is loaded before would not have it.
const { runSeed } = await import('./run-seed.ts');

parentPort?.on('message', (request: SeedRequest) => {
  runSeed(request).then(
    (report) => parentPort?.postMessage({ report }),
    (error: unknown) =>
      parentPort?.postMessage({
        seed: request.seed,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
  );
});
