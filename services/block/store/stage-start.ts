import type { WriteBatch } from '#engines/state';
import { concatBytes, uint64ToBytes } from '#kernel';
import { gasOf } from '#services/transaction';
import type { ValidatorSet } from '#services/validator';
import { commitCodec } from '../domain/commit.ts';
import type { Block, Commit } from '../domain/types.ts';
import { blocksKey, metaKey } from './keys.ts';
import { summaryCodec, validatorsCodec } from './records.ts';
import { stageEvidence, summaryOf } from './stage-block.ts';
import { toStoredValue } from './stored-value.ts';

/** Where a chain begins whose state was restored: a verified final block, of which the transactions are not kept. */
export interface ChainStart {
  readonly block: Block;
  readonly commit: Commit;
  /** Of the block's height and of the next. */
  readonly validatorSets: readonly ValidatorSet[];
}

/**
 * SYNC-5: puts the block of a restored state into a batch as the tip. What came before counts as pruned: header and
 * commit of the block are there, and its evidence; its transactions and everything earlier are not.
 */
export function stageStart(batch: WriteBatch, { block, commit, validatorSets }: ChainStart): void {
  const { height } = block.header;
  const gasUsed = block.transactions.reduce(
    (sum, { payload, senderKeyType }) => sum + gasOf(payload, senderKeyType),
    0,
  );
  const summary = summaryOf({ block, gasUsed });
  batch.put('blocks', blocksKey.header(height), toStoredValue(summaryCodec.encode(summary)));
  batch.put('blocks', blocksKey.heightOf(block.hash), uint64ToBytes(height));
  batch.put('blocks', blocksKey.commit(height), toStoredValue(commitCodec.encode(commit)));
  for (const set of validatorSets) {
    const encoded = toStoredValue(validatorsCodec.encode(set.validators));
    batch.put('blocks', blocksKey.validators(set.hash), encoded);
  }
  stageEvidence(batch, block);
  batch.put('meta', metaKey.start, uint64ToBytes(height));
  batch.put('meta', metaKey.pruned, uint64ToBytes(height + 1));
  batch.put('meta', metaKey.tip, concatBytes(uint64ToBytes(height), block.hash));
}
