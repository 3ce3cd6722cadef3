import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStateEngine } from '#engines/state';
import { addressOf, accountKey, growChain, openTestChain, transfer } from './fixtures/test-chain.ts';

test('a chain on RocksDB answers after it is closed and opened again', async (context) => {
  const directory = await mkdtemp(join(tmpdir(), 'block-'));
  const open = () => openStateEngine(`rocksdb:${directory}`, { profile: 'local' });
  const sent = Array.from({ length: 100 }, (_, nonce) => transfer(0, nonce));
  const before = await open();
  const { chain } = await openTestChain(before);
  const { block } = await growChain(chain, sent.slice(0, 90));
  await growChain(chain, sent.slice(90));
  await chain.close();
  await before.close();

  const engine = await open();
  context.after(async () => {
    await engine.close();
    await rm(directory, { recursive: true });
  });
  const again = await openTestChain(engine);
  assert.equal(again.chain.tip().height, 2);
  assert.deepEqual(await again.chain.block(1), block);
  const history = await again.chain.transactionsOf(addressOf(accountKey(0)), { limit: 100 });
  assert.deepEqual(
    history.items.map(({ transaction }) => transaction.nonce),
    Array.from({ length: 100 }, (_, index) => 99 - index),
  );
  assert.deepEqual(
    (await again.chain.blocks({ limit: 5 })).items.map(({ header }) => header.height),
    [2, 1],
  );
  assert.equal(await again.chain.prune(2, 10), 1);
  assert.equal((await again.chain.transactionsOf(addressOf(accountKey(0)), { limit: 100 })).items.length, 10);
});
