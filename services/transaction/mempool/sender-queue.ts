import type { Entry } from './entry.ts';

/** An account as the mempool needs it. */
export interface SenderAccount {
  readonly balance: bigint;
  readonly nonce: number;
}

/** What waits of one sender, by nonce. Nonces from the account's on without a gap are ready for a block. */
export class SenderQueue {
  account: SenderAccount;
  readonly #entries = new Map<number, Entry>();
  #cost = 0n;
  #readyEnd: number;
  #lastNonce = -1;

  constructor(account: SenderAccount) {
    this.account = account;
    this.#readyEnd = account.nonce;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Base units that everything that waits costs at most. */
  get cost(): bigint {
    return this.#cost;
  }

  /** Number of transactions that a block could hold now. */
  get ready(): number {
    return this.#readyEnd - this.account.nonce;
  }

  /** The nonce after the run that is ready. */
  get readyEnd(): number {
    return this.#readyEnd;
  }

  at(nonce: number): Entry | undefined {
    return this.#entries.get(nonce);
  }

  entries(): Iterable<Entry> {
    return this.#entries.values();
  }

  /** The one with the largest nonce: the only one whose removal makes no gap. */
  last(): Entry | undefined {
    return this.#entries.get(this.#lastNonce);
  }

  set(entry: Entry): void {
    const { nonce } = entry.transaction;
    this.#cost += entry.cost - (this.#entries.get(nonce)?.cost ?? 0n);
    this.#entries.set(nonce, entry);
    if (nonce > this.#lastNonce) this.#lastNonce = nonce;
    while (this.#entries.has(this.#readyEnd)) this.#readyEnd++;
  }

  remove(nonce: number): Entry | undefined {
    const entry = this.#entries.get(nonce);
    if (entry === undefined) return undefined;
    this.#entries.delete(nonce);
    this.#cost -= entry.cost;
    if (nonce === this.#lastNonce) this.#lastNonce = Math.max(-1, ...this.#entries.keys());
    if (nonce < this.#readyEnd && nonce >= this.account.nonce) this.#readyEnd = nonce;
    return entry;
  }

  /** Takes the account's new state; returns what it made obsolete, from the queue removed. */
  update(account: SenderAccount): Entry[] {
    this.account = account;
    const obsolete = [...this.#entries.values()].filter(
      ({ transaction }) => transaction.nonce < account.nonce,
    );
    for (const { transaction } of obsolete) {
      this.#cost -= this.#entries.get(transaction.nonce)?.cost ?? 0n;
      this.#entries.delete(transaction.nonce);
    }
    if (this.#readyEnd < account.nonce) this.#readyEnd = account.nonce;
    while (this.#entries.has(this.#readyEnd)) this.#readyEnd++;
    if (this.#entries.size === 0) this.#lastNonce = -1;
    return obsolete;
  }
}
