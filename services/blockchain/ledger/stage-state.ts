import type { WriteBatch } from '#engines/state';
import { concatBytes, uint64ToBytes } from '#kernel';
import { encodeNode } from '../tree/node-codec.ts';
import { packStaleKeys } from '../tree/stale-keys.ts';
import type { TreeUpdate } from '../tree/state-tree.ts';
import type { StateWrite } from './genesis-entries.ts';
import { META, encodeTip } from './records.ts';
import { stageRoots } from './roots.ts';

/** What a block, or a run of them, changes in the state. */
export interface StagedWrites {
  /** Height of the first block. */
  readonly first: number;
  readonly entries: readonly StateWrite[];
  readonly update: TreeUpdate;
}

/** Puts the state after the last block into a batch: entries, tree, what became stale, roots and tip. */
export function stageState(
  batch: WriteBatch,
  { height, receiptRoot }: { readonly height: number; readonly receiptRoot: Uint8Array },
  { first, entries, update }: StagedWrites,
): void {
  for (const { key, value } of entries) {
    if (value === undefined) batch.delete('state', key);
    else batch.put('state', key, value);
  }
  for (const { key, node } of update.added) batch.put('tree', key, encodeNode(node));
  const since = uint64ToBytes(height);
  for (const [index, record] of packStaleKeys(update.stale).entries()) {
    batch.put('stale', concatBytes(since, uint64ToBytes(index)), record);
  }
  stageRoots(batch, { first, last: height }, update.root);
  batch.put('meta', META.tip, encodeTip(height, receiptRoot));
}
