import { fork, type ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { GenesisReport } from '#genesis';
import type { Scheduler } from '#kernel';
import { nodeError } from '../lifecycle/errors.ts';

/** What the judgement of one document may take. */
export interface JudgeLimits {
  /** JavaScript heap, in MiB. */
  readonly heapMb: number;
  readonly timeMs: number;
}

/** A genesis of 64 MiB takes a third of either; a hostile document ends here. */
export const JUDGE_LIMITS: JudgeLimits = { heapMb: 1_024, timeMs: 60_000 };

/** Nice value of a judgement: where there are few cores, blocks and votes come first. */
const NICE = 5;

/** What the process that judges answers: the report, or what failed. */
export type JudgeAnswer = { readonly report: GenesisReport } | { readonly failure: string };

/**
 * Judges documents that strangers send, each in a process of its own that ends with it: the event loop goes on, and
 * what a document takes is bounded and given back. Not in a thread: one that runs out of memory inside the engine's
 * JSON parser takes the whole process with it.
 */
export class GenesisJudge {
  readonly #scheduler: Scheduler;
  readonly #limits: JudgeLimits;
  readonly #running = new Set<ChildProcess>();

  constructor(scheduler: Scheduler, limits: JudgeLimits = JUDGE_LIMITS) {
    this.#scheduler = scheduler;
    this.#limits = limits;
  }

  /** @throws `node.genesis-too-demanding` when the document takes more than its share, `node.judge-failed` */
  judge(bytes: Uint8Array): Promise<GenesisReport> {
    const { heapMb, timeMs } = this.#limits;
    const child = fork(fileURLToPath(new URL('./judge-process.ts', import.meta.url)), [], {
      execArgv: [`--max-old-space-size=${heapMb}`],
      stdio: ['pipe', 'ignore', 'ignore', 'ipc'],
    });
    this.#running.add(child);
    runBehind(child);
    return new Promise<GenesisReport>((resolve, reject) => {
      const deadline = this.#scheduler.after(timeMs, () => {
        reject(tooDemanding(`the document takes more than ${timeMs / 1000} s to judge`));
        child.kill('SIGKILL');
      });
      const over = (error: Error): void => {
        deadline.cancel();
        this.#running.delete(child);
        reject(error);
      };
      child.once('message', (answer) => {
        const found = answer as JudgeAnswer;
        // It stays until its answer has arrived.
        child.disconnect();
        if ('report' in found) resolve(found.report);
        else reject(judgeFailed(found.failure));
      });
      child.once('error', (cause) => over(judgeFailed(cause.message, cause)));
      // After its message, if it sent one. The engine aborts a process whose heap is full.
      child.once('close', (_code, signal) =>
        over(
          signal === 'SIGABRT' || signal === 'SIGTRAP'
            ? tooDemanding(`the document takes more than ${heapMb} MiB of memory to judge`)
            : judgeFailed(`the process that judged it ended by ${signal ?? 'itself'}`),
        ),
      );
      // A process that ended does not take the rest of the document.
      child.stdin?.on('error', () => {});
      child.stdin?.end(bytes);
    });
  }

  /** Breaks off what is under way. */
  close(): void {
    for (const child of this.#running) child.kill('SIGKILL');
  }
}

function runBehind({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, NICE);
  } catch {
    // Not allowed here: it runs as others do.
  }
}

function judgeFailed(reason: string, cause?: unknown): Error {
  return nodeError('judge-failed', `the document could not be judged: ${reason}`, {}, { cause });
}

function tooDemanding(message: string): Error {
  return nodeError(
    'genesis-too-demanding',
    `${message}; run node0 genesis validate on a machine of your own`,
  );
}
