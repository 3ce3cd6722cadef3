import {
  err,
  invariant,
  isCodedError,
  ok,
  toHex,
  type Amount,
  type CodedError,
  type Logger,
  type Result,
  type SignatureVerifier,
} from '#kernel';
import { checkTransaction } from '../domain/check-transaction.ts';
import { decodeTransaction, hashTransaction, type ChainIdentity } from '../domain/codec.ts';
import { verifySignatures } from '../domain/signature-check.ts';
import type { Transaction } from '../domain/transaction.ts';
import { mempoolError, transactionError } from '../errors.ts';
import { JOURNAL_BYTES_COMPACT } from '../limits.ts';
import type { Journal } from '../store/journal.ts';
import type { AccountReader, Mempool } from './face.ts';
import { Pool, type Dropped, type PoolLimits } from './pool.ts';
import type { SenderAccount } from './sender-queue.ts';

export interface MempoolInit {
  readonly identity: ChainIdentity;
  readonly limits: PoolLimits;
}

export interface MempoolComponents {
  readonly accounts: AccountReader;
  /** Height of the next block and the ledger's parameters. */
  readonly rules: () => { height: number; parameters: { minGasPrice: Amount; maxBlockGas: number } };
  readonly verifier: Pick<SignatureVerifier, 'verifyBatch'>;
  readonly journal: Journal;
  readonly logger: Logger;
}

/** Source of what comes from the journal: acknowledged before, so it is not written to it again. */
const JOURNAL_SOURCE = 'journal';

/** One input on its way through `submit`. */
interface Candidate {
  readonly index: number;
  readonly transaction: Transaction;
  readonly sender: string;
}

/** Makes the mempool. */
export function createMempool(init: MempoolInit, components: MempoolComponents): Mempool {
  return new MempoolService(init, components);
}

class MempoolService implements Mempool {
  readonly #identity: ChainIdentity;
  readonly #components: MempoolComponents;
  readonly #pool: Pool;
  /** Ids that are being verified now. */
  readonly #inFlight = new Set<string>();
  /** For each submission under way: accounts that blocks changed since it read them. */
  readonly #changedMeanwhile = new Set<Map<string, SenderAccount>>();
  readonly #local = new Set<string>();
  readonly #available = new Set<() => void>();
  readonly #admitted = new Set<(transactions: readonly Transaction[], source: string) => void>();
  readonly #droppedListeners = new Set<(transaction: Transaction, error: CodedError) => void>();
  #compacting: Promise<void> | undefined;
  #compactAbove = JOURNAL_BYTES_COMPACT;

  constructor(init: MempoolInit, components: MempoolComponents) {
    this.#identity = init.identity;
    this.#components = components;
    this.#pool = new Pool(init.limits);
  }

  async submit(encoded: readonly Uint8Array[], source: string): Promise<Result<Transaction>[]> {
    const results: (Result<Transaction> | undefined)[] = encoded.map(() => undefined);
    const candidates = this.#decode(encoded, results);
    const changed = new Map<string, SenderAccount>();
    this.#changedMeanwhile.add(changed);
    try {
      const accounts = await this.#readAccounts(candidates);
      const accountOf = (sender: string): SenderAccount =>
        this.#pool.account(sender) ?? changed.get(sender) ?? (accounts.get(sender) as SenderAccount);
      const hopeful = candidates.filter((candidate) => {
        const { transaction, sender } = candidate;
        const account = accountOf(sender);
        const error =
          this.#pool.checkNonce(transaction, account) ?? this.#pool.checkBalance(transaction, account);
        if (error !== undefined) results[candidate.index] = err(error);
        return error === undefined;
      });
      const verified = await this.#verify(hopeful, source, results);
      const admitted = this.#admit(verified, accountOf, results);
      try {
        if (source.startsWith('api:')) await this.#remember(admitted);
      } finally {
        // Also what the journal did not take: it waits here, and may be in a block of this node.
        this.#announce(admitted, source);
      }
    } finally {
      this.#changedMeanwhile.delete(changed);
      for (const { transaction } of candidates) this.#inFlight.delete(transaction.id);
    }
    return results.map((result) => {
      invariant(result !== undefined, 'every submitted transaction has a result');
      return result;
    });
  }

  /** Decodes and checks without state; what is known or under way is answered before anything costs. */
  #decode(encoded: readonly Uint8Array[], results: (Result<Transaction> | undefined)[]): Candidate[] {
    const rules = { identity: this.#identity, ...this.#components.rules() };
    const candidates: Candidate[] = [];
    for (const [index, bytes] of encoded.entries()) {
      const id = toHex(hashTransaction(bytes));
      const known = this.#pool.known(id);
      if (known !== undefined || this.#inFlight.has(id)) {
        results[index] = err(
          known ?? mempoolError('already-known', `${id} is being checked already`, { hash: id }),
        );
        continue;
      }
      try {
        const transaction = decodeTransaction(bytes, this.#identity);
        const checked = checkTransaction(transaction, rules);
        if (checked.ok) {
          this.#inFlight.add(id);
          candidates.push({ index, transaction, sender: transaction.senderId });
        } else results[index] = checked;
      } catch (error) {
        if (!isCodedError(error)) throw error;
        results[index] = err(error);
      }
    }
    return candidates;
  }

  async #readAccounts(candidates: readonly Candidate[]): Promise<ReadonlyMap<string, SenderAccount>> {
    const known = new Map<string, SenderAccount>();
    const unknown = new Map<string, Uint8Array>();
    for (const { sender, transaction } of candidates) {
      // Noted before the read: a sender may lose its queue, by expiry even without a change of its account.
      const account = this.#pool.account(sender);
      if (account === undefined) unknown.set(sender, transaction.sender);
      else known.set(sender, account);
    }
    const accounts = await this.#components.accounts.accounts([...unknown.values()]);
    for (const [i, sender] of [...unknown.keys()].entries()) known.set(sender, accounts[i] as SenderAccount);
    return known;
  }

  async #verify(
    candidates: readonly Candidate[],
    source: string,
    results: (Result<Transaction> | undefined)[],
  ): Promise<Candidate[]> {
    if (candidates.length === 0) return [];
    const transactions = candidates.map(({ transaction }) => transaction);
    let valid: readonly boolean[];
    try {
      valid = await verifySignatures(this.#components.verifier, transactions, source);
    } catch (error) {
      if (!isCodedError(error) || error.action === 'halt') throw error;
      for (const { index } of candidates) results[index] = err(error);
      return [];
    }
    return candidates.filter(({ index, transaction }, position) => {
      if (valid[position] === true) return true;
      const message = `the signature of ${transaction.id} is not its sender's for this chain, or the proof of its consensus key is not the operator's; check keys, chain id and genesis hash`;
      results[index] = err(transactionError('invalid-signature', message, { hash: transaction.id }));
      return false;
    });
  }

  #admit(
    candidates: readonly Candidate[],
    accountOf: (sender: string) => SenderAccount,
    results: (Result<Transaction> | undefined)[],
  ): Transaction[] {
    const admitted = new Map<string, Candidate>();
    const before = this.#pool.ready;
    const dropped: Dropped[] = [];
    for (const candidate of candidates) {
      const { index, transaction, sender } = candidate;
      const added = this.#checkExpiry(transaction) ?? this.#pool.add(transaction, accountOf(sender));
      results[index] = added.ok ? ok(transaction) : added;
      if (!added.ok) continue;
      admitted.set(transaction.id, candidate);
      for (const drop of added.value) {
        const own = admitted.get(drop.transaction.id);
        if (own === undefined) dropped.push(drop);
        // One of the same submission: nobody was told of it yet, and its result says what became of it.
        else results[own.index] = err(drop.error);
        admitted.delete(drop.transaction.id);
      }
    }
    this.#tellDropped(dropped);
    if (before === 0 && this.#pool.ready > 0) for (const listener of this.#available) listener();
    return [...admitted.values()].map(({ transaction }) => transaction);
  }

  /** A block may have become final since the check. */
  #checkExpiry({ validUntil }: Transaction): ReturnType<typeof err> | undefined {
    const { height } = this.#components.rules();
    if (validUntil >= height) return undefined;
    return err(
      mempoolError('expired', `no block took the transaction up to height ${validUntil}`, { validUntil }),
    );
  }

  async #remember(admitted: readonly Transaction[]): Promise<void> {
    if (admitted.length === 0) return;
    for (const { id } of admitted) this.#local.add(id);
    try {
      await this.#components.journal.append(admitted.map(({ bytes }) => bytes));
    } catch (error) {
      // A new file may be written where the old one cannot be: what comes later is acknowledged again.
      this.#compacting ??= this.#compact();
      throw error;
    }
    if (this.#components.journal.bytes > this.#compactAbove) this.#compacting ??= this.#compact();
  }

  /** Rewrites the journal with what still waits of it. */
  async #compact(): Promise<void> {
    try {
      const waiting = [...this.#local].flatMap((id) => this.#pool.lookup(id)?.bytes ?? []);
      for (const id of this.#local) if (this.#pool.lookup(id) === undefined) this.#local.delete(id);
      await this.#components.journal.rewrite(waiting);
      // What waits may be more than the bound: then it is not written again at each append.
      this.#compactAbove = Math.max(JOURNAL_BYTES_COMPACT, 2 * this.#components.journal.bytes);
    } catch (error) {
      this.#components.logger.error({ error }, 'the mempool journal cannot be rewritten');
    } finally {
      this.#compacting = undefined;
    }
  }

  #announce(admitted: readonly Transaction[], source: string): void {
    if (admitted.length === 0) return;
    for (const listener of this.#admitted) listener(admitted, source);
  }

  #tellDropped(dropped: readonly Dropped[]): void {
    for (const { transaction, error } of dropped) {
      for (const listener of this.#droppedListeners) listener(transaction, error);
    }
  }

  lookup(id: string): Transaction | undefined {
    return this.#pool.lookup(id);
  }

  knows(id: string): boolean {
    return this.#inFlight.has(id) || this.#pool.known(id) !== undefined;
  }

  select(limits: { maxBytes: number; maxGas: number; maxCount: number }): Transaction[] {
    return this.#pool.select(limits);
  }

  finalised(
    height: number,
    included: readonly Transaction[],
    changed: ReadonlyMap<string, SenderAccount>,
  ): void {
    for (const meanwhile of this.#changedMeanwhile) {
      for (const [address, account] of changed) meanwhile.set(address, account);
    }
    const before = this.#pool.ready;
    this.#tellDropped(this.#pool.finalised(height, included, changed));
    for (const { id } of included) this.#local.delete(id);
    if (before === 0 && this.#pool.ready > 0) for (const listener of this.#available) listener();
  }

  get size(): number {
    return this.#pool.size;
  }

  get bytes(): number {
    return this.#pool.bytes;
  }

  nextNonce(sender: Uint8Array): number | undefined {
    return this.#pool.nextNonce(toHex(sender));
  }

  pending(cursor: string | undefined, limit: number): { items: readonly Transaction[]; next?: string } {
    if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) {
      throw mempoolError(
        'malformed-cursor',
        `"${cursor.slice(0, 40)}" is not a cursor of this list; take it from the page before`,
      );
    }
    const items: Transaction[] = [];
    let last = 0;
    for (const { transaction, arrival } of this.#pool.after(Number(cursor ?? 0))) {
      if (items.length === limit) return { items, next: String(last) };
      items.push(transaction);
      last = arrival;
    }
    return { items };
  }

  hasSelectable(): boolean {
    return this.#pool.ready > 0;
  }

  onAvailable(listener: () => void): () => void {
    return subscribe(this.#available, listener);
  }

  onAdmitted(listener: (transactions: readonly Transaction[], source: string) => void): () => void {
    return subscribe(this.#admitted, listener);
  }

  onDropped(listener: (transaction: Transaction, error: CodedError) => void): () => void {
    return subscribe(this.#droppedListeners, listener);
  }

  async load(): Promise<number> {
    const results = await this.submit(await this.#components.journal.read(), JOURNAL_SOURCE);
    const admitted = results.flatMap((result) => (result.ok ? [result.value] : []));
    for (const { id } of admitted) this.#local.add(id);
    await this.#compact();
    return admitted.length;
  }

  async close(): Promise<void> {
    await this.#compacting;
    await this.#components.journal.close();
  }
}

function subscribe<Listener>(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
