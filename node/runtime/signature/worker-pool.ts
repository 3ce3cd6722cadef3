import { Worker } from 'node:worker_threads';
import { signatureError } from './errors.ts';
import type { VerifyJob } from './verify-worker.ts';

interface Waiting {
  readonly job: VerifyJob;
  readonly resolve: (answers: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/** Jobs that wait at most; past it the caller is told to come back. */
const QUEUE_MAX = 4096;

/** A fixed set of verify workers that each do one job at a time; jobs wait in order. */
export class VerifyWorkerPool {
  readonly #workers: Worker[] = [];
  readonly #idle: Worker[] = [];
  readonly #running = new Map<Worker, Waiting>();
  readonly #queue: Waiting[] = [];
  #closed = false;

  constructor(size: number) {
    for (let i = 0; i < size; i++) {
      const worker = new Worker(new URL('./verify-worker.ts', import.meta.url));
      worker.unref();
      worker.on('message', (answers: Uint8Array) => this.#finished(worker, answers));
      worker.on('error', (error) => this.#failed(worker, error));
      this.#workers.push(worker);
      this.#idle.push(worker);
    }
  }

  /** @throws `signature.overloaded`, `signature.worker-failed` */
  run(job: VerifyJob): Promise<Uint8Array> {
    if (this.#closed || this.#workers.length === 0) {
      return Promise.reject(signatureError('worker-failed', 'the signature workers are stopped'));
    }
    if (this.#queue.length >= QUEUE_MAX) {
      return Promise.reject(
        signatureError('overloaded', `${QUEUE_MAX} batches of signatures wait already; try again later`),
      );
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, resolve, reject });
      this.#dispatch();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const waiting of [...this.#queue.splice(0), ...this.#running.values()]) {
      waiting.reject(signatureError('worker-failed', 'the signature workers are stopped'));
    }
    this.#running.clear();
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const worker = this.#idle.pop();
      if (worker === undefined) return;
      const waiting = this.#queue.shift() as Waiting;
      this.#running.set(worker, waiting);
      // A running job keeps the process alive, an idle worker does not.
      worker.ref();
      worker.postMessage(waiting.job, [waiting.job.packed.buffer]);
    }
  }

  #finished(worker: Worker, answers: Uint8Array): void {
    const waiting = this.#running.get(worker);
    this.#running.delete(worker);
    worker.unref();
    this.#idle.push(worker);
    waiting?.resolve(answers);
    this.#dispatch();
  }

  #failed(worker: Worker, cause: Error): void {
    const waiting = this.#running.get(worker);
    this.#running.delete(worker);
    this.#workers.splice(this.#workers.indexOf(worker), 1);
    waiting?.reject(
      signatureError('worker-failed', `a signature worker failed: ${cause.message}`, {}, { cause }),
    );
    if (this.#workers.length > 0) return;
    for (const left of this.#queue.splice(0)) {
      left.reject(signatureError('worker-failed', 'all signature workers failed', {}, { cause }));
    }
  }
}
