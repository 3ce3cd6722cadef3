import type { StateEngine } from '#engines/state';
import { uint64ToBytes } from '#kernel';
import { decodeTransaction, type ChainIdentity } from '#services/transaction';
import { CHUNK_ITEMS } from '../limits.ts';
import type { BlockStore } from './block-store.ts';
import { blocksKey, historyKey, metaKey, placeToBytes, receiptsKey } from './keys.ts';
import { rolesIn } from './stage-block.ts';

/**
 * Removes the transactions, receipts, events and index entries of the heights from `start` to before `end`, one
 * atomic write a block. Headers, commits and validator sets stay: with them the chain of hashes can be
 * verified from the genesis.
 */
export async function pruneBlocks(
  components: { engine: StateEngine; store: BlockStore; identity: ChainIdentity },
  start: number,
  end: number,
): Promise<void> {
  const { engine, store, identity } = components;
  for (let height = start; height < end; height++) {
    const transactions = await store.encodedTransactions(height);
    const events = await store.encodedEvents(height);
    const batch = engine.batch();
    for (const [index, encoded] of transactions.entries()) {
      const transaction = decodeTransaction(encoded, identity);
      batch.delete('transactions', transaction.hash);
      const place = placeToBytes({ height, index });
      for (const { address } of rolesIn(transaction)) {
        batch.delete('history', historyKey(address, place));
      }
      if (index % CHUNK_ITEMS === 0) {
        batch.delete('blocks', blocksKey.body(height, index / CHUNK_ITEMS));
        batch.delete('receipts', receiptsKey(height, index / CHUNK_ITEMS));
      }
    }
    for (let chunk = 0; chunk * CHUNK_ITEMS < events.length; chunk++) {
      batch.delete('blocks', blocksKey.events(height, chunk));
    }
    batch.put('meta', metaKey.pruned, uint64ToBytes(height + 1));
    await engine.write(batch);
  }
}
