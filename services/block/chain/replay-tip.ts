import type { StateEngine } from '#engines/state';
import { equalBytes, type Logger } from '#kernel';
import { inputOf } from '../domain/execution-input.ts';
import { verifyContent } from '../domain/verify-header.ts';
import { CHUNK_ITEMS } from '../limits.ts';
import { corruptHome, type BlockStore } from '../store/block-store.ts';
import { blocksKey } from '../store/keys.ts';
import { stageBlock } from '../store/stage-block.ts';
import type { ChainLedger } from './ports.ts';

/**
 * Executes the last stored block again when the state was rolled back by a height (`rollBack`). Its receipts and events
 * are stored anew: a fault in the execution before may have made others.
 *
 * @throws `block.corrupt-home` when the block does not follow from the state
 */
export async function replayTip(components: {
  readonly engine: StateEngine;
  readonly store: BlockStore;
  readonly ledger: ChainLedger;
  readonly logger: Logger;
}): Promise<void> {
  const { engine, store, ledger, logger } = components;
  const { height: stateHeight, stateRoot, receiptRoot, validators } = ledger.tip();
  const tip = await store.tip();
  if (tip?.height !== stateHeight + 1) return;
  const { height } = tip;
  const [block, commit] = await Promise.all([store.block(height), store.commit(height)]);
  if (block === undefined || commit === undefined || !equalBytes(block.hash, tip.hash)) {
    throw corruptHome(`the block of the stored tip ${height}, to be executed again, is missing or another`);
  }
  const content = verifyContent(block);
  if (!content.ok) throw corruptHome(content.error.message);
  const { header } = block;
  const follows = equalBytes(header.stateRoot, stateRoot) && equalBytes(header.receiptRoot, receiptRoot);
  if (!follows)
    throw corruptHome(`the last block ${height} does not follow from the state of height ${stateHeight}`);
  logger.warn({ height }, 'the state was rolled back: the last block is executed again');
  const execution = await ledger.execute(inputOf(block));
  if (!equalBytes(header.nextValidatorSetHash, execution.nextValidators.hash)) {
    throw corruptHome(`executed again, block ${height} leads to other validators than its header names`);
  }
  const batch = engine.batch();
  const { encodedReceipts, gasUsed, encodedEvents, nextValidators } = execution;
  const before = await store.encodedEvents(height);
  for (let chunk = 0; chunk * CHUNK_ITEMS < before.length; chunk++) {
    batch.delete('blocks', blocksKey.events(height, chunk));
  }
  const validatorSets = [validators, nextValidators];
  stageBlock(batch, { block, commit, encodedReceipts, gasUsed, encodedEvents, validatorSets });
  ledger.stage(execution, batch);
  await engine.write(batch, { sync: true });
  ledger.committed(execution);
}
