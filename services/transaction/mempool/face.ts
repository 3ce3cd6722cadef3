import type { CodedError, Result } from '#kernel';
import type { Transaction } from '../domain/transaction.ts';
import type { SenderAccount } from './sender-queue.ts';

/** Accounts at the tip, in the order asked; an account that is not there has neither balance nor nonce. */
export interface AccountReader {
  accounts(addresses: readonly Uint8Array[]): Promise<SenderAccount[]>;
}

/** What waits for a block. */
export interface Mempool {
  /**
   * Decodes, checks, verifies and admits; one result for each input, in order. Transactions from the API
   * (`source` begins with `api:`) are durably in the journal when it resolves.
   *
   * @param source who sent them: `api:ADDRESS` or a peer id; signatures are verified on its budget
   */
  submit(encoded: readonly Uint8Array[], source: string): Promise<Result<Transaction>[]>;
  /** @param id lower-case hex of the hash */
  lookup(id: string): Transaction | undefined;
  /** True when the id waits, or became final lately. */
  knows(id: string): boolean;
  /** The best valid sequence for a block: gas price, then arrival; nonce order within a sender. */
  select(limits: { maxBytes: number; maxGas: number; maxCount: number }): Transaction[];
  /** Takes a final block into account. @param changed accounts that it changed, by address in hex */
  finalised(
    height: number,
    included: readonly Transaction[],
    changed: ReadonlyMap<string, SenderAccount>,
  ): void;
  readonly size: number;
  readonly bytes: number;
  /** The nonce after the sender's run that is ready; undefined when nothing of it waits. */
  nextNonce(sender: Uint8Array): number | undefined;
  /** In order of arrival. @throws `mempool.malformed-cursor` */
  pending(cursor: string | undefined, limit: number): { items: readonly Transaction[]; next?: string };
  hasSelectable(): boolean;
  /** Fires when something could go into a block and nothing could before. */
  onAvailable(listener: () => void): () => void;
  onAdmitted(listener: (transactions: readonly Transaction[], source: string) => void): () => void;
  /** Evicted, expired, replaced or made impossible. */
  onDropped(listener: (transaction: Transaction, error: CodedError) => void): () => void;
  /** Admits again what the journal holds; returns how many. */
  load(): Promise<number>;
  close(): Promise<void>;
}
