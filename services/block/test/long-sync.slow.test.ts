import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '#kernel';
import { systemClock, systemScheduler } from '#runtime';
import type { Chain } from '../chain/face.ts';
import { createBlockSync } from '../sync/create-block-sync.ts';
import type { BlockSync } from '../sync/face.ts';
import { growChain, IDENTITY, openTestChain, transfer, VERIFIER } from './fixtures/test-chain.ts';
import { TestNetwork, until } from './fixtures/test-network.ts';

const HEIGHT = 1_000;

test('1,000 blocks come from three peers, one of which is slow to the end', async (context) => {
  const { chain: source } = await openTestChain();
  for (let height = 1; height <= HEIGHT; height++) {
    await growChain(source, [transfer(height % 10, Math.floor((height - 1) / 10), undefined)]);
  }
  const network = new TestNetwork();
  const start = (id: string, chain: Chain): BlockSync => {
    const sync = createBlockSync({
      identity: IDENTITY,
      transport: network.transport(id),
      chain,
      verifier: VERIFIER,
      clock: systemClock,
      scheduler: systemScheduler,
      logger: silentLogger,
      limits: { hedgeMs: 50 },
    });
    sync.start();
    context.after(() => sync.stop());
    return sync;
  };
  const slow: Chain = {
    ...source,
    encodedBlock: async (height) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return source.encodedBlock(height);
    },
  };
  const { chain } = await openTestChain();
  start('node', chain);
  const peers = [start('slow', slow), start('one', source), start('two', source)];
  for (const id of ['slow', 'one', 'two']) network.connect('node', id);
  const startedMs = performance.now();
  await until(() => chain.tip().height === HEIGHT, 'all blocks are final', 60_000);
  const elapsedMs = performance.now() - startedMs;
  context.diagnostic(`${HEIGHT} blocks in ${elapsedMs.toFixed(0)} ms`);
  for (const peer of peers) context.diagnostic(JSON.stringify(peer.statistics()));
  assert.deepEqual(chain.tip().stateRoot, source.tip().stateRoot);
  for (const peer of peers.slice(1)) assert.ok(peer.statistics().blocksServed > HEIGHT / 10);
  assert.deepEqual(network.reports, []);
});
