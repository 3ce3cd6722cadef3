import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { SeedReport, SeedRequest } from './run-seed.ts';
import type { SeedWorkerData } from './seed-worker.ts';

export interface SeedsRequest extends Omit<SeedRequest, 'seed'> {
  /** Both included. */
  readonly from: number;
  readonly to: number;
  /** Ends after the first finding; true unless said otherwise. */
  readonly stopAtFinding?: boolean;
  readonly threads?: number;
  readonly mutation?: string;
  /** No further seed is begun when it says so. */
  readonly isEnough?: () => boolean;
  readonly onReport?: (report: SeedReport) => void;
}

/**
 * Megabytes for young objects, four times the default: most of what a run makes is garbage within an event or two,
 * and the fewer collections there are, the less of it still lives at one.
 */
const YOUNG_GENERATION_MB = 192;

type Answer = { readonly report: SeedReport } | { readonly seed: number; readonly error: string };

/**
 * Runs seeds in threads. The result does not depend on their number: reports come in the order of seeds, and after a
 * finding those of larger seeds are left out.
 *
 * @throws when a run itself fails, which is a fault of the simulator
 */
export async function runSeeds(request: SeedsRequest): Promise<SeedReport[]> {
  const { from, to, mutation, stopAtFinding = true, isEnough, onReport } = request;
  const { profile, validators, heights, traceLines } = request;
  const count = Math.min(request.threads ?? availableParallelism(), to - from + 1);
  const reports = new Map<number, SeedReport>();
  let next = from;
  let last = to;
  const work = async (): Promise<void> => {
    const workerData: SeedWorkerData = { mutation };
    const worker = new Worker(new URL('./seed-worker.ts', import.meta.url), {
      workerData,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    try {
      for (let seed = next++; seed <= last; seed = next++) {
        if (isEnough?.() === true) return;
        const answer = await ask(worker, {
          profile,
          seed,
          validators,
          heights,
          ...(traceLines !== undefined && { traceLines }),
        });
        if ('error' in answer) throw new Error(`the run of seed ${answer.seed} failed: ${answer.error}`);
        reports.set(seed, answer.report);
        onReport?.(answer.report);
        if (answer.report.finding !== undefined && stopAtFinding) last = Math.min(last, seed);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: count }, work));
  return [...reports.values()].filter(({ seed }) => seed <= last).toSorted((a, b) => a.seed - b.seed);
}

function ask(worker: Worker, request: SeedRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => {
      worker.off('message', onAnswer);
      reject(error);
    };
    const onAnswer = (answer: Answer): void => {
      worker.off('error', onError);
      resolve(answer);
    };
    worker.once('message', onAnswer);
    worker.once('error', onError);
    worker.postMessage(request);
  });
}
