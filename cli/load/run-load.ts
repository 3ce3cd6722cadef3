import { pause, systemClock } from '#runtime';
import type { Transaction } from '#services/transaction';
import type { ApiClient } from '../api-client.ts';
import { FinalFeed } from './final-feed.ts';
import { signLoad } from './sign-load.ts';

/** How often what is due is sent. */
const TICK_MS = 10;
const TRANSACTIONS_PER_REQUEST = 250;
/** Requests under way at once; what is due beyond them waits, and its latency shows it. */
const REQUESTS_MAX = 32;
/** How long to wait for finality after the last submission. */
const DRAIN_MS = 60_000;
const PROGRESS_MS = 250;

export interface RunLoadOptions {
  readonly api: ApiClient;
  /** Seed that the paying accounts derive from. */
  readonly seed: Uint8Array;
  readonly accounts: number;
  readonly ratePerSecond: number;
  readonly durationSeconds: number;
  readonly onProgress: (text: string) => void;
}

/** Result of a load. Latencies run from the moment at which a transfer was due to its finality. */
export interface LoadReport {
  readonly transactions: number;
  readonly offeredPerSecond: number;
  readonly acceptedPerSecond: number;
  readonly finalizedPerSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly refused: number;
  /** Accepted, and not final in time. */
  readonly lost: number;
  /** Why transactions were refused, by code. */
  readonly refusals: Readonly<Record<string, number>>;
}

/**
 * Offers signed transfers at a fixed rate, whether or not the node keeps up (open loop), and times each from
 * when it was due to when it is final: waiting in line counts.
 *
 * @throws `cli.node-unreachable`, `cli.node-refused`, `cli.usage`
 */
export async function runLoad(options: RunLoadOptions): Promise<LoadReport> {
  const { api, ratePerSecond, durationSeconds, onProgress } = options;
  const count = Math.ceil(ratePerSecond * durationSeconds);
  const transactions = await signLoad({ ...options, count });
  const run = new LoadRun(transactions, ratePerSecond);
  const feed = await FinalFeed.open(api, (hashes, atMs) => run.final(hashes, atMs));
  try {
    return await Promise.race([offer(run, api, onProgress), feed.failure]);
  } finally {
    await feed.close();
  }
}

async function offer(run: LoadRun, api: ApiClient, onProgress: (text: string) => void): Promise<LoadReport> {
  run.start();
  let nextProgressMs = 0;
  const requests = new Set<Promise<void>>();
  while (!run.isOffered) {
    const batch = run.takeDue(TRANSACTIONS_PER_REQUEST);
    if (batch.length === 0 || requests.size >= REQUESTS_MAX) await pause(TICK_MS);
    if (batch.length === 0) continue;
    const request = submit(run, api, batch).finally(() => requests.delete(request));
    requests.add(request);
    while (requests.size >= REQUESTS_MAX) await Promise.race(requests);
    if (systemClock.monotonic() > nextProgressMs) {
      nextProgressMs = systemClock.monotonic() + PROGRESS_MS;
      onProgress(run.progress());
    }
  }
  await Promise.all(requests);
  const deadlineMs = systemClock.monotonic() + DRAIN_MS;
  while (!run.isDone && systemClock.monotonic() < deadlineMs) {
    onProgress(run.progress());
    await pause(TICK_MS);
  }
  return run.report();
}

async function submit(run: LoadRun, api: ApiClient, batch: readonly Transaction[]): Promise<void> {
  const answer = await api
    .post<{
      hashes: string[];
      results?: { code?: string }[];
    }>('/transactions', 'application/octet-stream', framed(batch))
    .catch((error: unknown) => {
      run.refuse(batch.length, codeOf(error));
      return undefined;
    });
  if (answer === undefined) return;
  run.accept(answer.hashes.length);
  for (const { code } of answer.results ?? []) if (code !== undefined) run.refuse(1, code);
}

function codeOf(error: unknown): string {
  const details = error instanceof Error && 'details' in error ? error.details : undefined;
  const code =
    typeof details === 'object' && details !== null && 'code' in details ? details.code : undefined;
  return typeof code === 'string' ? code : String(error);
}

/** Each transaction after its length as a 32-bit big-endian integer. */
function framed(transactions: readonly Transaction[]): Uint8Array {
  const body = new Uint8Array(transactions.reduce((sum, { bytes }) => sum + 4 + bytes.length, 0));
  const view = new DataView(body.buffer);
  let offset = 0;
  for (const { bytes } of transactions) {
    view.setUint32(offset, bytes.length);
    body.set(bytes, offset + 4);
    offset += 4 + bytes.length;
  }
  return body;
}

/** The state of a load: what was due when, and what became of it. */
class LoadRun {
  readonly #transactions: readonly Transaction[];
  readonly #ratePerMs: number;
  /** Monotonic milliseconds at which each transaction that is not final was due. */
  readonly #dueMs = new Map<string, number>();
  readonly #latenciesMs: number[] = [];
  readonly #refusals: Record<string, number> = {};
  #startMs = 0;
  #offeredMs = 0;
  #lastFinalMs = 0;
  #offered = 0;
  #accepted = 0;
  #refused = 0;

  constructor(transactions: readonly Transaction[], ratePerSecond: number) {
    this.#transactions = transactions;
    this.#ratePerMs = ratePerSecond / 1000;
  }

  start(): void {
    this.#startMs = systemClock.monotonic();
  }

  get isOffered(): boolean {
    return this.#offered === this.#transactions.length;
  }

  get isDone(): boolean {
    return this.#latenciesMs.length >= this.#accepted;
  }

  takeDue(max: number): readonly Transaction[] {
    const elapsedMs = systemClock.monotonic() - this.#startMs;
    const due = Math.min(this.#transactions.length, Math.floor(elapsedMs * this.#ratePerMs) + 1);
    const batch = this.#transactions.slice(this.#offered, Math.min(due, this.#offered + max));
    for (const [index, { id }] of batch.entries()) {
      this.#dueMs.set(id, this.#startMs + (this.#offered + index) / this.#ratePerMs);
    }
    this.#offered += batch.length;
    this.#offeredMs = systemClock.monotonic();
    return batch;
  }

  accept(count: number): void {
    this.#accepted += count;
  }

  refuse(count: number, code: string): void {
    this.#refused += count;
    this.#refusals[code] = (this.#refusals[code] ?? 0) + count;
  }

  final(hashes: readonly string[], atMs: number): void {
    for (const hash of hashes) {
      const dueMs = this.#dueMs.get(hash);
      if (dueMs === undefined) continue;
      this.#dueMs.delete(hash);
      this.#latenciesMs.push(atMs - dueMs);
      this.#lastFinalMs = atMs;
    }
  }

  progress(): string {
    return `offered ${this.#offered} of ${this.#transactions.length}, final ${this.#latenciesMs.length}`;
  }

  report(): LoadReport {
    const sorted = this.#latenciesMs.toSorted((a, b) => a - b);
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    const offerSeconds = Math.max(this.#offeredMs - this.#startMs, 1) / 1000;
    const finalSeconds = Math.max(this.#lastFinalMs - this.#startMs, 1) / 1000;
    return {
      transactions: this.#transactions.length,
      offeredPerSecond: this.#offered / offerSeconds,
      acceptedPerSecond: this.#accepted / offerSeconds,
      finalizedPerSecond: sorted.length / finalSeconds,
      p50Ms: at(0.5),
      p95Ms: at(0.95),
      p99Ms: at(0.99),
      maxMs: sorted.at(-1) ?? 0,
      refused: this.#refused,
      lost: this.#accepted - sorted.length,
      refusals: this.#refusals,
    };
  }
}
