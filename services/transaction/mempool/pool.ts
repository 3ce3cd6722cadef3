import { err, ok, type CodedError, type Result } from '#kernel';
import { costOf } from '../domain/gas.ts';
import type { Transaction } from '../domain/transaction.ts';
import { mempoolError } from '../errors.ts';
import { RECENT_FINAL_MAX, REPLACEMENT_PERCENT } from '../limits.ts';
import { paysBetter, type Entry } from './entry.ts';
import { Heap } from './heap.ts';
import { SenderQueue, type SenderAccount } from './sender-queue.ts';

export interface PoolLimits {
  readonly maxTransactions: number;
  readonly maxBytes: number;
  readonly maxPerAccount: number;
}

export interface Dropped {
  readonly transaction: Transaction;
  readonly error: CodedError;
}

/**
 * The rules of what waits and in which order it goes, without I/O. Per sender by nonce; across senders by gas
 * price, then arrival. When full, the cheapest last-of-its-sender makes place for a better paying newcomer.
 */
export class Pool {
  readonly #limits: PoolLimits;
  readonly #byId = new Map<string, Entry>();
  readonly #senders = new Map<string, SenderQueue>();
  readonly #byExpiry = new Map<number, Set<string>>();
  readonly #recentFinal = new Set<string>();
  /** Candidates for eviction, cheapest first; entries may be stale and are checked when popped. */
  readonly #cheapest = new Heap<Entry>((a, b) => paysBetter(b, a));
  #bytes = 0;
  #ready = 0;
  #arrivals = 0;

  constructor(limits: PoolLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#byId.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Transactions that a block could hold now. */
  get ready(): number {
    return this.#ready;
  }

  lookup(id: string): Transaction | undefined {
    return this.#byId.get(id)?.transaction;
  }

  /** Why the id needs no second look, if so: it waits, or became final lately. */
  known(id: string): CodedError | undefined {
    if (this.#byId.has(id)) return mempoolError('already-known', `${id} waits already`, { hash: id });
    if (this.#recentFinal.has(id))
      return mempoolError('already-final', `${id} is final already`, { hash: id });
    return undefined;
  }

  account(sender: string): SenderAccount | undefined {
    return this.#senders.get(sender)?.account;
  }

  nextNonce(sender: string): number | undefined {
    return this.#senders.get(sender)?.readyEnd;
  }

  /** In order of arrival, after the arrival number `cursor`. */
  *after(cursor: number): Iterable<Entry> {
    for (const entry of this.#byId.values()) if (entry.arrival > cursor) yield entry;
  }

  /** Whether the nonce is one that the pool would take, before anything expensive is done. */
  checkNonce(transaction: Transaction, account: SenderAccount): CodedError | undefined {
    const { nonce } = transaction;
    if (nonce < account.nonce) {
      return mempoolError(
        'nonce-too-low',
        `the nonce ${nonce} was used; the account's next is ${account.nonce}`,
        {
          nonce,
          next: account.nonce,
        },
      );
    }
    if (nonce < account.nonce + this.#limits.maxPerAccount) return undefined;
    return mempoolError(
      'nonce-too-high',
      `the nonce ${nonce} is too far ahead; the account's next is ${account.nonce}`,
      {
        nonce,
        next: account.nonce,
      },
    );
  }

  /** What `add` would refuse for the balance alone: who cannot pay has no signature checked for it. */
  checkBalance(transaction: Transaction, { balance }: SenderAccount): CodedError | undefined {
    const cost = costOf(transaction);
    if (cost <= balance) return undefined;
    return mempoolError(
      'insufficient-balance',
      `the transaction costs up to ${cost}; the account's balance is ${balance}`,
      { cost: cost.toString(), balance: balance.toString() },
    );
  }

  /** Admits a checked and verified transaction; says what had to go for it. */
  add(transaction: Transaction, account: SenderAccount): Result<Dropped[]> {
    const known = this.known(transaction.id);
    if (known !== undefined) return err(known);
    const { senderId: sender } = transaction;
    const queue = this.#senders.get(sender) ?? new SenderQueue(account);
    const entry: Entry = { transaction, arrival: ++this.#arrivals, cost: costOf(transaction), sender };
    const before = queue.at(transaction.nonce);
    const refusal = this.checkNonce(transaction, queue.account) ?? this.#checkQueue(entry, queue, before);
    if (refusal !== undefined) return err(refusal);
    const place = this.#makePlace(entry, before);
    if (!place.ok) return place;
    if (before !== undefined) this.#forget(before);
    this.#insert(entry, queue);
    if (before === undefined) return place;
    const replaced = mempoolError('replaced', `${transaction.id} took the nonce ${transaction.nonce}`, {
      by: transaction.id,
    });
    return ok([...place.value, { transaction: before.transaction, error: replaced }]);
  }

  #checkQueue(entry: Entry, queue: SenderQueue, before: Entry | undefined): CodedError | undefined {
    const { maxPerAccount } = this.#limits;
    if (before === undefined && queue.size >= maxPerAccount) {
      return mempoolError(
        'too-many-per-account',
        `${queue.size} transactions of the account wait; at most ${maxPerAccount} may`,
      );
    }
    if (before !== undefined) {
      const price = before.transaction.gasPrice;
      const least = price + (price * BigInt(REPLACEMENT_PERCENT) + 99n) / 100n;
      if (entry.transaction.gasPrice < least || entry.transaction.gasPrice === price) {
        return mempoolError(
          'underpriced-replacement',
          `the nonce waits at gas price ${price}; a replacement pays ${least} or more`,
          {
            least: least.toString(),
          },
        );
      }
    }
    const cost = queue.cost - (before?.cost ?? 0n) + entry.cost;
    if (cost <= queue.account.balance) return undefined;
    return mempoolError(
      'insufficient-balance',
      `with this transaction the account would spend up to ${cost}; its balance is ${queue.account.balance}`,
      { cost: cost.toString(), balance: queue.account.balance.toString() },
    );
  }

  /** Evicts cheaper transactions until the newcomer fits; refuses it when it is the cheapest itself. */
  #makePlace(entry: Entry, before: Entry | undefined): Result<Dropped[]> {
    const { maxTransactions, maxBytes } = this.#limits;
    let size = this.size + (before === undefined ? 1 : 0);
    let bytes = this.#bytes + entry.transaction.bytes.length - (before?.transaction.bytes.length ?? 0);
    const victims: { readonly entry: Entry; readonly queue: SenderQueue }[] = [];
    while (size > maxTransactions || bytes > maxBytes) {
      const victim = this.#nextVictim(entry);
      if (victim === undefined) {
        for (const spared of victims) this.#enqueue(spared.entry, spared.queue);
        const price = entry.transaction.gasPrice.toString();
        return err(
          mempoolError('full', `the mempool is full; pay more than ${price} a unit of gas, or try later`),
        );
      }
      // Out of its queue at once, so that the one before it of the same sender can be next; out of the lists
      // only when the newcomer fits, so that who is spared keeps its place in them.
      this.#dequeue(victim.entry);
      victims.push(victim);
      size--;
      bytes -= victim.entry.transaction.bytes.length;
    }
    const error = mempoolError(
      'evicted',
      'a better paying transaction took the place in the full mempool; pay more, or submit again later',
    );
    return ok(
      victims.map(({ entry: victim }) => {
        this.#unlist(victim);
        return { transaction: victim.transaction, error };
      }),
    );
  }

  #nextVictim(entry: Entry): { entry: Entry; queue: SenderQueue } | undefined {
    for (;;) {
      const candidate = this.#cheapest.peek();
      if (candidate === undefined) return undefined;
      const queue = this.#senders.get(candidate.sender);
      if (queue?.last() !== candidate) {
        this.#cheapest.pop();
        continue;
      }
      // Never for one that pays less or as much, nor for a later nonce of the same sender.
      if (!paysBetter(entry, candidate) || candidate.sender === entry.sender) return undefined;
      this.#cheapest.pop();
      return { entry: candidate, queue };
    }
  }

  #insert(entry: Entry, queue: SenderQueue): void {
    const { transaction } = entry;
    this.#byId.set(transaction.id, entry);
    this.#bytes += transaction.bytes.length;
    const expiring = this.#byExpiry.get(transaction.validUntil) ?? new Set();
    this.#byExpiry.set(transaction.validUntil, expiring.add(transaction.id));
    this.#enqueue(entry, queue);
  }

  #enqueue(entry: Entry, queue: SenderQueue): void {
    const ready = queue.ready;
    this.#senders.set(entry.sender, queue);
    queue.set(entry);
    this.#ready += queue.ready - ready;
    if (queue.last() === entry) this.#cheapest.push(entry);
    if (this.#cheapest.size > 4 * this.size + 1024) this.#rebuildCheapest();
  }

  #rebuildCheapest(): void {
    this.#cheapest.clear();
    for (const queue of this.#senders.values()) {
      const last = queue.last();
      if (last !== undefined) this.#cheapest.push(last);
    }
  }

  /** Takes one out everywhere. */
  #forget(entry: Entry): void {
    this.#dequeue(entry);
    this.#unlist(entry);
  }

  #dequeue(entry: Entry): void {
    const queue = this.#senders.get(entry.sender);
    if (queue === undefined) return;
    const ready = queue.ready;
    queue.remove(entry.transaction.nonce);
    this.#ready += queue.ready - ready;
    const last = queue.last();
    if (last === undefined) this.#senders.delete(entry.sender);
    else this.#cheapest.push(last);
  }

  #unlist({ transaction }: Entry): void {
    this.#byId.delete(transaction.id);
    this.#bytes -= transaction.bytes.length;
    const expiring = this.#byExpiry.get(transaction.validUntil);
    expiring?.delete(transaction.id);
    if (expiring?.size === 0) this.#byExpiry.delete(transaction.validUntil);
  }

  /** The best valid sequence within the limits. */
  select(limits: { maxBytes: number; maxGas: number; maxCount: number }): Transaction[] {
    const heads = new Heap<Entry>(paysBetter);
    for (const queue of this.#senders.values()) {
      const head = queue.at(queue.account.nonce);
      if (head !== undefined) heads.push(head);
    }
    const selected: Transaction[] = [];
    let { maxBytes, maxGas } = limits;
    while (selected.length < limits.maxCount) {
      const entry = heads.pop();
      if (entry === undefined) break;
      const { bytes, gasLimit, nonce } = entry.transaction;
      // A sender whose next does not fit is out: its later ones cannot go before it.
      if (bytes.length > maxBytes || gasLimit > maxGas) continue;
      selected.push(entry.transaction);
      maxBytes -= bytes.length;
      maxGas -= gasLimit;
      const next = this.#senders.get(entry.sender)?.at(nonce + 1);
      if (next !== undefined) heads.push(next);
    }
    return selected;
  }

  /** Takes a final block into account: what it included, what it made impossible, what expired. */
  finalised(
    height: number,
    included: readonly Transaction[],
    changed: ReadonlyMap<string, SenderAccount>,
  ): Dropped[] {
    const final = new Set(included.map(({ id }) => id));
    for (const id of final) this.#remember(id);
    const dropped: Dropped[] = [];
    for (const [sender, account] of changed) {
      const queue = this.#senders.get(sender);
      if (queue !== undefined) this.#recheck(sender, queue, account, final, dropped);
    }
    this.#expire(height + 1, dropped);
    return dropped;
  }

  #recheck(
    sender: string,
    queue: SenderQueue,
    account: SenderAccount,
    final: ReadonlySet<string>,
    dropped: Dropped[],
  ): void {
    const ready = queue.ready;
    for (const entry of queue.update(account)) {
      this.#unlist(entry);
      if (final.has(entry.transaction.id)) continue;
      const error = mempoolError(
        'nonce-too-low',
        `another transaction with the nonce ${entry.transaction.nonce} became final`,
      );
      dropped.push({ transaction: entry.transaction, error });
    }
    this.#ready += queue.ready - ready;
    while (queue.cost > account.balance) {
      const last = queue.last() as Entry;
      this.#forget(last);
      const error = mempoolError(
        'insufficient-balance',
        `the balance of ${account.balance} no longer covers what waits`,
      );
      dropped.push({ transaction: last.transaction, error });
    }
    if (queue.size === 0) this.#senders.delete(sender);
  }

  #expire(nextHeight: number, dropped: Dropped[]): void {
    for (const until of [...this.#byExpiry.keys()].filter((height) => height < nextHeight)) {
      for (const id of this.#byExpiry.get(until) ?? []) {
        const entry = this.#byId.get(id) as Entry;
        this.#forget(entry);
        const error = mempoolError('expired', `no block took the transaction up to height ${until}`, {
          validUntil: until,
        });
        dropped.push({ transaction: entry.transaction, error });
      }
    }
  }

  #remember(id: string): void {
    this.#recentFinal.add(id);
    if (this.#recentFinal.size <= RECENT_FINAL_MAX) return;
    const oldest = this.#recentFinal.values().next();
    if (!oldest.done) this.#recentFinal.delete(oldest.value);
  }
}
