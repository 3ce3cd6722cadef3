import type { Cancellable, CodedError, Scheduler } from '#kernel';
import type { FinalisedBlock } from '#services/block';
import type { Transaction } from '#services/transaction';
import { gatewayError } from '../errors.ts';

interface Waiter {
  readonly wake: () => void;
  readonly timer: Cancellable;
}

/** Lets requests wait for a transaction's fate, and remembers why the latest ones were dropped. */
export class FinalityWatch {
  readonly #waiters = new Map<string, Set<Waiter>>();
  readonly #dropped = new Map<string, CodedError>();
  readonly #scheduler: Scheduler;
  readonly #waitersMax: number;
  readonly #droppedMax: number;
  #count = 0;

  constructor(scheduler: Scheduler, limits: { waitersMax: number; droppedMax: number }) {
    this.#scheduler = scheduler;
    this.#waitersMax = limits.waitersMax;
    this.#droppedMax = limits.droppedMax;
  }

  get waiting(): number {
    return this.#count;
  }

  /** Why the mempool dropped a transaction, if it did lately. */
  dropReason(id: string): CodedError | undefined {
    return this.#dropped.get(id);
  }

  /**
   * Begins to watch a transaction. Watch first and read then: what becomes final in between is not missed.
   *
   * @returns `fate` ends when the transaction is final or dropped, after `waitMs`, or by `cancel`
   * @throws `gateway.busy` when too many wait
   */
  watch(id: string, waitMs: number): { readonly fate: Promise<void>; cancel(): void } {
    if (this.#count >= this.#waitersMax) {
      const message = `${this.#count} requests wait already; ask again without wait`;
      throw gatewayError('busy', message, { retryAfterSeconds: 1 });
    }
    const waiters = this.#waiters.get(id) ?? new Set<Waiter>();
    this.#waiters.set(id, waiters);
    let wake = (): void => undefined;
    const fate = new Promise<void>((resolve) => {
      const waiter: Waiter = {
        wake: () => {
          waiter.timer.cancel();
          if (!waiters.delete(waiter)) return;
          if (waiters.size === 0) this.#waiters.delete(id);
          this.#count--;
          resolve();
        },
        timer: this.#scheduler.after(waitMs, () => waiter.wake()),
      };
      waiters.add(waiter);
      this.#count++;
      wake = waiter.wake;
    });
    return { fate, cancel: () => wake() };
  }

  /** A block is final. */
  finalised({ block }: FinalisedBlock): void {
    for (const { id } of block.transactions) {
      if (this.#dropped.size > 0) this.#dropped.delete(id);
      if (this.#waiters.size > 0) this.#wake(id);
    }
  }

  /** The mempool gave a transaction up. */
  dropped(transaction: Transaction, reason: CodedError): void {
    this.#dropped.set(transaction.id, reason);
    if (this.#dropped.size > this.#droppedMax) {
      const oldest = this.#dropped.keys().next();
      if (oldest.done !== true) this.#dropped.delete(oldest.value);
    }
    this.#wake(transaction.id);
  }

  /** Ends every wait. */
  close(): void {
    for (const id of this.#waiters.keys()) this.#wake(id);
  }

  #wake(id: string): void {
    for (const waiter of this.#waiters.get(id) ?? []) waiter.wake();
  }
}
