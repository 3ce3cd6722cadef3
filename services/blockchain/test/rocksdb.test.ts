import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createMemoryStateEngine, openStateEngine } from '#engines/state';
import { toHex } from '#kernel';
import { stateKey, verifyStateProof } from '../index.ts';
import {
  addressOf,
  attest,
  filled,
  FUNDS,
  genesisState,
  grow,
  inputOn,
  nodesNeeded,
  openLedger,
  rootOfState,
  strangerAt,
  transfer,
  write,
} from './support/samples.ts';

async function directoryOf(context: TestContext): Promise<() => ReturnType<typeof openStateEngine>> {
  const directory = await mkdtemp(join(tmpdir(), 'ledger-'));
  context.after(() => rm(directory, { recursive: true }));
  return () => openStateEngine(`rocksdb:${directory}`, { profile: 'local' });
}

const content = (nonce: number) => [
  transfer(0, nonce, ...Array.from({ length: 40 }, (_, i) => [strangerAt(i + 7 * nonce), 5n] as const)),
  attest(1, nonce, filled(32, nonce)),
];

test('a ledger on RocksDB is the one in memory, over restarts and pruning', async (context) => {
  const open = await directoryOf(context);
  const memory = createMemoryStateEngine();
  const reference = await openLedger(memory);
  const roots: string[] = [];
  for (let restart = 0; restart < 3; restart++) {
    const engine = await open();
    const ledger = await openLedger(engine, { retainedHeights: 3 });
    for (let block = 0; block < 4; block++) {
      const sent = content(ledger.tip().height);
      const { stateRoot } = await grow(reference, memory, ...sent);
      assert.equal(toHex((await grow(ledger, engine, ...sent)).stateRoot), toHex(stateRoot));
      roots.push(toHex(stateRoot));
    }
    while (await ledger.prune());
    const { height } = ledger.tip();
    assert.equal(await rootOfState(engine), roots.at(-1));
    assert.deepEqual(await ledger.supply(), await reference.supply());
    assert.deepEqual(await ledger.validators(), await reference.validators());
    assert.deepEqual(await ledger.attestations(filled(32, 1)), await reference.attestations(filled(32, 1)));
    for (const key of [stateKey.account(strangerAt(3)), stateKey.account(strangerAt(999))]) {
      for (let at = height - 3; at <= height; at++) {
        const proven = await ledger.prove(key, at);
        assert.equal(toHex(proven.stateRoot), roots[at - 1]);
        assert.equal(verifyStateProof(proven.stateRoot, proven.proof), true);
        assert.deepEqual(proven, await reference.prove(key, at));
      }
    }
    await assert.rejects(ledger.account(addressOf(0), height - 4), {
      code: 'blockchain.height-not-retained',
    });
    await engine.close();
  }
});

test('a ledger on RocksDB keeps no more than the retained heights need', async (context) => {
  const engine = await (await directoryOf(context))();
  const ledger = await openLedger(engine, { retainedHeights: 0 });
  for (let nonce = 0; nonce < 10; nonce++) await grow(ledger, engine, ...content(nonce));
  while (await ledger.prune());
  assert.equal((await engine.rangeAll('tree', { limit: 10 ** 5 })).length, await nodesNeeded(engine));
  assert.deepEqual(await engine.rangeAll('stale', { limit: 10 }), []);
  await engine.close();
});

test('a ledger on RocksDB stands after the batch that was written, not after one that was only staged', async (context) => {
  const open = await directoryOf(context);
  const first = await open();
  const ledger = await openLedger(first);
  await grow(ledger, first, ...content(0));
  await write(ledger, first, await ledger.execute(inputOn(ledger, ...content(1))));
  // Not told that it is final, and staging another.
  ledger.stage(await ledger.execute(inputOn(ledger, ...content(1))), first.batch());
  await first.close();
  const second = await open();
  const again = await openLedger(second);
  assert.equal(again.tip().height, 2);
  assert.equal(await rootOfState(second), toHex(again.tip().stateRoot));
  await second.close();
});

test('a directory of RocksDB is of one chain', async (context) => {
  const open = await directoryOf(context);
  const first = await open();
  await openLedger(first);
  await first.close();
  const second = await open();
  const identity = { chainId: 'another-1', genesisHash: filled(32, 1) };
  await assert.rejects(openLedger(second, { genesis: genesisState({ identity }) }), {
    code: 'blockchain.other-chain',
  });
  assert.deepEqual(await (await openLedger(second)).account(addressOf(0)), { balance: FUNDS, nonce: 0 });
  await second.close();
});
