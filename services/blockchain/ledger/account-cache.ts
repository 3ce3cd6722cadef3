import type { Account } from '../domain/types.ts';
import { ACCOUNT_CACHE_MAX } from '../limits.ts';

/** Accounts at the tip, the lately used ones; the half used least lately goes when it is full. */
export class AccountCache {
  #young = new Map<string, Account>();
  #old = new Map<string, Account>();

  get(id: string): Account | undefined {
    const young = this.#young.get(id);
    if (young !== undefined) return young;
    const old = this.#old.get(id);
    if (old !== undefined) this.set(id, old);
    return old;
  }

  set(id: string, account: Account): void {
    this.#young.set(id, account);
    if (this.#young.size < ACCOUNT_CACHE_MAX / 2) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
}
