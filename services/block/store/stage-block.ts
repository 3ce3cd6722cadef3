import type { WriteBatch } from '#engines/state';
import { concatBytes, equalBytes, toHex, uint64ToBytes } from '#kernel';
import type { Transaction, TransferOutput } from '#services/transaction';
import type { ValidatorSet } from '#services/validator';
import type { BlockSummary } from '../chain/face.ts';
import { commitCodec } from '../domain/commit.ts';
import type { Block, Commit } from '../domain/types.ts';
import { CHUNK_ITEMS } from '../limits.ts';
import { blocksKey, historyKey, metaKey, placeToBytes, receiptsKey, ROLES } from './keys.ts';
import { summaryCodec, validatorsCodec } from './records.ts';
import { joinItems, toStoredValue } from './stored-value.ts';

/** A final block with all that is stored with it. */
export interface StagedBlock {
  readonly block: Block;
  readonly commit: Commit;
  readonly encodedReceipts: readonly Uint8Array[];
  readonly gasUsed: number;
  /** What the block did by itself, in order. */
  readonly encodedEvents: readonly Uint8Array[];
  /** Sets that the store may not hold yet. */
  readonly validatorSets: readonly ValidatorSet[];
}

/** Puts a final block, its indexes and the moved tip into a batch. */
export function stageBlock(batch: WriteBatch, staged: StagedBlock): void {
  const { block, commit, encodedReceipts } = staged;
  const { height } = block.header;
  batch.put('blocks', blocksKey.header(height), toStoredValue(summaryCodec.encode(summaryOf(staged))));
  batch.put('blocks', blocksKey.heightOf(block.hash), uint64ToBytes(height));
  if (block.lastCommit !== undefined) {
    // The chain's own record of the commit replaces the one that this node happened to collect.
    batch.put('blocks', blocksKey.commit(height - 1), storedCommit(block.lastCommit));
  }
  batch.put('blocks', blocksKey.commit(height), storedCommit(commit));
  for (const set of staged.validatorSets) {
    batch.put(
      'blocks',
      blocksKey.validators(set.hash),
      toStoredValue(validatorsCodec.encode(set.validators)),
    );
  }
  const encodedTransactions = block.transactions.map((transaction) => transaction.bytes);
  for (const [chunk, value] of chunksOf(encodedTransactions)) {
    batch.put('blocks', blocksKey.body(height, chunk), value);
  }
  for (const [chunk, value] of chunksOf(encodedReceipts)) {
    batch.put('receipts', receiptsKey(height, chunk), value);
  }
  for (const [chunk, value] of chunksOf(staged.encodedEvents)) {
    batch.put('blocks', blocksKey.events(height, chunk), value);
  }
  stageEvidence(batch, block);
  stageIndexes(batch, height, block.transactions);
  batch.put('meta', metaKey.tip, concatBytes(uint64ToBytes(height), block.hash));
}

export function stageEvidence(batch: WriteBatch, { header: { height }, evidence }: Block): void {
  for (const [index, { hash, bytes }] of evidence.entries()) {
    batch.put('blocks', blocksKey.evidence(height, index), toStoredValue(bytes));
    batch.put('blocks', blocksKey.evidenceAt(hash), placeToBytes({ height, index }));
  }
}

export function summaryOf(staged: Pick<StagedBlock, 'block' | 'gasUsed'>): BlockSummary {
  const { block, gasUsed } = staged;
  return {
    hash: block.hash,
    header: block.header,
    transactionCount: block.transactions.length,
    transactionBytes: block.transactions.reduce((total, { bytes }) => total + bytes.length, 0),
    gasUsed,
  };
}

/** The accounts that a transaction shows up for, each once, with the value of the index. */
export function rolesIn(transaction: Transaction): { address: Uint8Array; role: number }[] {
  const { sender, payload } = transaction;
  const outputs = payload.type === 'transfer' ? payload.outputs : [];
  const receivers = outputs.length < 2 ? outputs : distinctReceivers(outputs);
  const others = receivers.filter(({ to }) => !equalBytes(to, sender));
  const role = others.length < receivers.length ? ROLES.both : ROLES.sender;
  return [{ address: sender, role }, ...others.map(({ to }) => ({ address: to, role: ROLES.receiver }))];
}

function distinctReceivers(outputs: readonly TransferOutput[]): readonly TransferOutput[] {
  return [...new Map(outputs.map((output) => [toHex(output.to), output])).values()];
}

function stageIndexes(batch: WriteBatch, height: number, transactions: readonly Transaction[]): void {
  for (const [index, transaction] of transactions.entries()) {
    const place = placeToBytes({ height, index });
    batch.put('transactions', transaction.hash, place);
    for (const { address, role } of rolesIn(transaction)) {
      batch.put('history', historyKey(address, place), Uint8Array.of(role));
    }
  }
}

function* chunksOf(items: readonly Uint8Array[]): Generator<[number, Uint8Array]> {
  for (let start = 0; start < items.length; start += CHUNK_ITEMS) {
    yield [start / CHUNK_ITEMS, toStoredValue(joinItems(items.slice(start, start + CHUNK_ITEMS)))];
  }
}

function storedCommit(commit: Commit): Uint8Array {
  return toStoredValue(commitCodec.encodeTrusted(commit));
}
