import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryStateEngine, type MemoryStateEngine, type StateEngine } from '#engines/state';
import { toHex } from '#kernel';
import type { Ledger } from '../index.ts';
import {
  addressOf,
  attest,
  filled,
  genesisState,
  grow,
  inputOn,
  openLedger,
  rootOfState,
  strangerAt,
  transfer,
  write,
} from './support/samples.ts';

const content = (nonce: number) => [
  transfer(0, nonce, [strangerAt(nonce), 5n], [addressOf(1), 1n]),
  attest(1, nonce, filled(32, nonce)),
];

/** Two blocks, and a ledger that stands before the third. */
async function begun() {
  const engine = createMemoryStateEngine();
  const ledger = await openLedger(engine);
  for (const nonce of [0, 1]) await grow(ledger, engine, ...content(nonce));
  return { engine, ledger };
}

/** The state after three blocks that nothing disturbed. */
async function undisturbed(): Promise<string> {
  const { engine, ledger } = await begun();
  await grow(ledger, engine, ...content(2));
  return toHex(ledger.tip().stateRoot);
}

async function checkOpen(engine: StateEngine, height: number): Promise<Ledger> {
  const ledger = await openLedger(engine);
  assert.equal(ledger.tip().height, height);
  assert.equal(await rootOfState(engine), toHex(ledger.tip().stateRoot));
  return ledger;
}

describe('a ledger after a crash', () => {
  it('stands before a block whose batch was staged and never written', async () => {
    const { engine, ledger } = await begun();
    ledger.stage(await ledger.execute(inputOn(ledger, ...content(2))), engine.batch());
    const crashed = engine.crash();
    const again = await checkOpen(crashed, 2);
    await grow(again, crashed, ...content(2));
    assert.equal(toHex(again.tip().stateRoot), await undisturbed());
  });

  it('stands after a block whose batch was written, though nobody was told', async () => {
    const { engine, ledger } = await begun();
    const execution = await ledger.execute(inputOn(ledger, ...content(2)));
    await write(ledger, engine, execution);
    const again = await checkOpen(engine.crash(), 3);
    assert.equal(toHex(again.tip().stateRoot), await undisturbed());
    assert.deepEqual(again.tip().receiptRoot, execution.receiptRoot);
    assert.deepEqual(again.tip().rotation, execution.nextRotation);
    assert.notEqual((await again.supply()).feePool, 0n);
  });

  it('stands before a block that was written and not synced when power failed', async () => {
    const { engine, ledger } = await begun();
    const execution = await ledger.execute(inputOn(ledger, ...content(2)));
    await write(ledger, engine, execution, false);
    ledger.committed(execution);
    const again = await checkOpen(engine.crash(), 2);
    assert.deepEqual(await again.account(strangerAt(2)), undefined);
  });

  it('begins anew when the first start did not get to its end', async () => {
    const memory = createMemoryStateEngine();
    const failing: StateEngine = { ...memory, write: () => Promise.reject(new Error('power loss')) };
    await assert.rejects(openLedger(failing), /power loss/);
    const crashed: MemoryStateEngine = memory.crash();
    assert.deepEqual(await crashed.rangeAll('meta', { limit: 10 }), []);
    await checkOpen(crashed, 0);
  });

  it('begins anew when power failed amid the pieces of a large genesis', async () => {
    const genesis = genesisState({
      accounts: Array.from({ length: 30_000 }, (_, i) => ({ address: strangerAt(i), balance: BigInt(i) })),
    });
    const whole = (await openLedger(createMemoryStateEngine(), { genesis })).tip();
    const memory = createMemoryStateEngine();
    let left = 2;
    const failing: StateEngine = {
      ...memory,
      write: (batch, options) =>
        left-- > 0
          ? memory.write(batch, { ...options, sync: true })
          : Promise.reject(new Error('power loss')),
    };
    await assert.rejects(openLedger(failing, { genesis }), /power loss/);
    const crashed = memory.crash();
    assert.notDeepEqual(await crashed.rangeAll('state', { limit: 1 }), [], 'a part of it is there');
    const other = genesisState({ identity: { ...genesis.identity, genesisHash: filled(32, 1) } });
    await assert.rejects(openLedger(crashed, { genesis: other }), { code: 'blockchain.other-chain' });
    const ledger = await openLedger(crashed, { genesis });
    assert.deepEqual(ledger.tip(), whole);
    assert.equal(await rootOfState(crashed), toHex(whole.stateRoot));
    await grow(ledger, crashed);
    assert.deepEqual((await openLedger(crashed, { genesis })).tip(), ledger.tip());
  });

  it('has its beginning, once it is open', async () => {
    const engine = createMemoryStateEngine();
    await openLedger(engine);
    assert.notDeepEqual(await engine.crash().rangeAll('meta', { limit: 10 }), []);
  });

  it('loses nothing when pruning was cut short', async () => {
    const engine = createMemoryStateEngine();
    const ledger = await openLedger(engine, { retainedHeights: 1 });
    for (const nonce of [0, 1, 2]) await grow(ledger, engine, ...content(nonce));
    await ledger.prune();
    // Pruning is not synced: power loss undoes it.
    const again = await checkOpen(engine.crash(), 3);
    assert.deepEqual(await again.account(strangerAt(0), 2), { balance: 5n, nonce: 0 });
  });
});
