import type { Account, LedgerParameters } from '#services/blockchain';
import { movedBy, type Transaction } from '#services/transaction';

/** Bounds on a block's content that the ledger's parameters set. */
export type BlockLimits = Pick<LedgerParameters, 'maxBlockBytes' | 'maxBlockGas' | 'maxBlockTransactions'>;

/** What the transactions of a block ask for: their bytes, the sum of their gas limits, their number. */
export interface BlockLoad {
  readonly bytes: number;
  readonly gas: number;
  readonly count: number;
}

export function loadOf(transactions: readonly Transaction[]): BlockLoad {
  let bytes = 0;
  let gas = 0;
  for (const transaction of transactions) {
    bytes += transaction.bytes.length;
    gas += transaction.gasLimit;
  }
  return { bytes, gas, count: transactions.length };
}

/**
 * The candidates that fit a block, in their order: within the limits, nonces without a gap, and fees that the
 * sender can pay whatever the transactions before did. What it leaves out may still be valid in a later
 * block; what it lets through, the ledger accepts.
 *
 * Pessimistic on balances: what a sender receives in the block does not count, the whole gas limit does, and
 * what is sent or bonded counts as gone.
 *
 * @param accounts tip state of each candidate's sender, by address in hex
 */
export function selectIncludable(
  candidates: readonly Transaction[],
  accounts: ReadonlyMap<string, Account>,
  limits: BlockLimits,
): Transaction[] {
  const selected: Transaction[] = [];
  const senders = new Map<string, { nonce: number; balance: bigint }>();
  let bytes = 0;
  let gas = 0;
  for (const transaction of candidates) {
    if (selected.length === limits.maxBlockTransactions) break;
    const fits =
      bytes + transaction.bytes.length <= limits.maxBlockBytes &&
      gas + transaction.gasLimit <= limits.maxBlockGas;
    if (!fits) continue;
    const { senderId: key } = transaction;
    const sender = senders.get(key) ?? { ...(accounts.get(key) ?? { nonce: 0, balance: 0n }) };
    senders.set(key, sender);
    const fee = BigInt(transaction.gasLimit) * transaction.gasPrice;
    if (sender.nonce !== transaction.nonce || sender.balance < fee) continue;
    sender.nonce += 1;
    sender.balance -= fee;
    // What goes beyond this lower bound may still succeed, on what was received or refunded: then nothing may
    // be left of it.
    const moved = movedBy(transaction.payload);
    sender.balance = moved <= sender.balance ? sender.balance - moved : 0n;
    selected.push(transaction);
    bytes += transaction.bytes.length;
    gas += transaction.gasLimit;
  }
  return selected;
}
