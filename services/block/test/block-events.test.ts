import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verifyListProof } from '#kernel';
import { createMemoryStateEngine } from '#engines/state';
import { receiptCodec, type BlockEvent } from '#services/blockchain';
import { rollBack } from '../chain/roll-back.ts';
import { blocksKey } from '../store/keys.ts';
import { genesisState, growChain, IDENTITY, openTestChain, transfer } from './fixtures/test-chain.ts';

const genesis = genesisState({ epochBlocks: 2 });

/** Five blocks, two epochs: what their execution reported, by height. */
async function fiveBlocks() {
  const opened = await openTestChain(createMemoryStateEngine(), { genesis });
  const reported = new Map<number, readonly BlockEvent[]>();
  opened.chain.onFinalised(({ block, execution }) => reported.set(block.header.height, execution.events));
  for (let height = 1; height <= 5; height++) await growChain(opened.chain);
  return { ...opened, reported };
}

test('what a block did by itself is read back as execution reported it, also after a restart', async () => {
  const { chain, engine, reported } = await fiveBlocks();
  const changed = (reported.get(5) ?? []).filter(({ type }) => type === 'reputation.changed');
  assert.equal(changed.length, 4, 'at the end of an epoch every reputation moves');
  assert.ok(changed.every(({ when }) => when === 'after'));
  for (const [height, events] of reported) assert.deepEqual(await chain.events(height), events);
  assert.equal(await chain.events(6), undefined);
  await chain.close();
  const again = await openTestChain(engine, { genesis });
  for (const [height, events] of reported) assert.deepEqual(await again.chain.events(height), events);
});

test('the receipts of a block that did something by itself are proven by the same root', async () => {
  const { chain } = await openTestChain(createMemoryStateEngine(), { genesis });
  for (let height = 1; height <= 4; height++) await growChain(chain);
  await growChain(chain, [transfer(0, 0), transfer(1, 0), transfer(2, 0)]);
  await growChain(chain);
  assert.ok((await chain.events(5))?.length, 'the end of an epoch');
  const receipts = await chain.receipts(5);
  for (const index of [0, 1, 2]) {
    const proven = await chain.receiptProof(5, index);
    assert.ok(proven);
    assert.deepEqual(proven.root, (await chain.header(6))?.receiptRoot);
    assert.ok(verifyListProof(proven.root, proven.item, proven.proof));
    assert.deepEqual(receiptCodec.decode(proven.item), receipts?.[index]);
  }
  assert.equal(await chain.receiptProof(5, 3), undefined);
});

test('pruned blocks leave no events behind, and say that they have none any more', async () => {
  const { chain, engine, reported } = await fiveBlocks();
  assert.ok((reported.get(3) ?? []).length > 0);
  await chain.prune(4, 10);
  assert.equal(await chain.events(3), undefined);
  const range = { gte: blocksKey.events(0, 0), lt: blocksKey.events(4, 0), limit: 10 };
  assert.deepEqual(await engine.rangeAll('blocks', range), []);
  assert.deepEqual(await chain.events(5), reported.get(5));
});

test('a block that is executed again after a rollback has the events of the new execution', async () => {
  const { chain, engine, reported } = await fiveBlocks();
  await chain.close();
  const batch = engine.batch();
  batch.put('blocks', blocksKey.events(5, 0), Uint8Array.of(0));
  await engine.write(batch);
  assert.deepEqual(await (await openTestChain(engine, { genesis })).chain.events(5), []);
  await rollBack(engine, IDENTITY);
  assert.deepEqual(await (await openTestChain(engine, { genesis })).chain.events(5), reported.get(5));
});
