import { Worker } from 'node:worker_threads';
import type { GenesisReport } from '#genesis';
import type { Scheduler } from '#kernel';
import { nodeError } from '../lifecycle/errors.ts';

/** What the judgement of one document may take. */
export interface JudgeLimits {
  /** JavaScript heap, in MiB. */
  readonly heapMb: number;
  readonly timeMs: number;
}

/** A document of 64 MiB that is one takes a third of either; a hostile one ends here. */
export const JUDGE_LIMITS: JudgeLimits = { heapMb: 768, timeMs: 60_000 };

/** What a worker answers: the report, or what failed. */
export type JudgeAnswer = { readonly report: GenesisReport } | { readonly failure: string };

/**
 * Judges documents that strangers send, each in a thread of its own that ends with it: the event loop goes on, and
 * what a document takes is bounded and given back.
 */
export class GenesisJudge {
  readonly #scheduler: Scheduler;
  readonly #limits: JudgeLimits;
  readonly #running = new Set<Worker>();

  constructor(scheduler: Scheduler, limits: JudgeLimits = JUDGE_LIMITS) {
    this.#scheduler = scheduler;
    this.#limits = limits;
  }

  /**
   * @param bytes are handed over: the caller has them no longer
   * @throws `node.genesis-too-demanding` when the document takes more than its share, `node.judge-failed`
   */
  judge(bytes: Uint8Array): Promise<GenesisReport> {
    const { heapMb, timeMs } = this.#limits;
    const worker = new Worker(new URL('./judge-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
    });
    this.#running.add(worker);
    return new Promise<GenesisReport>((resolve, reject) => {
      const deadline = this.#scheduler.after(timeMs, () => {
        reject(tooDemanding(`the document takes more than ${timeMs / 1000} s to judge`));
        void worker.terminate();
      });
      worker.once('message', (answer: JudgeAnswer) => {
        if ('report' in answer) resolve(answer.report);
        else reject(nodeError('judge-failed', `the document could not be judged: ${answer.failure}`));
      });
      worker.once('error', (cause) => reject(failureOf(cause, heapMb)));
      worker.once('exit', () => {
        deadline.cancel();
        this.#running.delete(worker);
        reject(nodeError('judge-failed', 'the judgement was broken off'));
      });
      const own = ownMemoryOf(bytes);
      worker.postMessage(own, [own.buffer]);
    });
  }

  /** Breaks off what is under way. */
  async close(): Promise<void> {
    await Promise.all([...this.#running].map((worker) => worker.terminate()));
  }
}

/** Bytes that can change hands without taking others with them. */
function ownMemoryOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength;
  return isWhole ? new Uint8Array(buffer) : new Uint8Array(bytes);
}

function failureOf(cause: unknown, heapMb: number): Error {
  const isMemory = cause instanceof Error && 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY';
  if (isMemory) return tooDemanding(`the document takes more than ${heapMb} MiB of memory to judge`, cause);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return nodeError('judge-failed', `the document could not be judged: ${reason}`, {}, { cause });
}

function tooDemanding(message: string, cause?: unknown): Error {
  return nodeError(
    'genesis-too-demanding',
    `${message}; run node0 genesis validate on a machine of your own`,
    {},
    { cause },
  );
}
