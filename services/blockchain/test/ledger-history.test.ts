import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryStateEngine, type StateEngine } from '#engines/state';
import { isCodedError, toHex } from '#kernel';
import { accountCodec, stateKey, verifyStateProof, type Account, type Ledger } from '../index.ts';
import { PRUNE_RECORDS_MAX } from '../limits.ts';
import {
  addressOf,
  grow,
  inputOn,
  nodesNeeded,
  openLedger,
  strangerAt,
  transfer,
  write,
} from './support/samples.ts';

const WATCHED = [addressOf(0), addressOf(1), strangerAt(3), strangerAt(8), strangerAt(99)];

interface Snapshot {
  readonly height: number;
  readonly stateRoot: string;
  readonly accounts: readonly (Account | undefined)[];
}

async function snapshotOf(ledger: Ledger): Promise<Snapshot> {
  const { height, stateRoot } = ledger.tip();
  const accounts = await Promise.all(WATCHED.map((address) => ledger.account(address)));
  return { height, stateRoot: toHex(stateRoot), accounts };
}

/** Blocks that make accounts, change them and leave them alone; what the state was after each. */
async function history(ledger: Ledger, engine: StateEngine, blocks: number): Promise<Snapshot[]> {
  const snapshots = [await snapshotOf(ledger)];
  for (let block = 0; block < blocks; block++) {
    const [from, account] = [block % 2, await ledger.account(addressOf(block % 2))];
    const outputs = Array.from({ length: 8 }, (_, i) => [strangerAt(i * (block % 5)), 1n] as const);
    const sent = block % 4 === 3 ? [] : [transfer(from, account?.nonce ?? 0, ...outputs)];
    await grow(ledger, engine, ...sent);
    snapshots.push(await snapshotOf(ledger));
  }
  return snapshots;
}

async function check(ledger: Ledger, { height, stateRoot, accounts }: Snapshot): Promise<void> {
  for (const [index, address] of WATCHED.entries()) {
    assert.deepEqual(await ledger.account(address, height), accounts[index], `height ${height}`);
    const proven = await ledger.prove(stateKey.account(address), height);
    assert.deepEqual([proven.height, toHex(proven.stateRoot)], [height, stateRoot]);
    assert.equal(verifyStateProof(proven.stateRoot, proven.proof), true);
    const { value } = proven.proof;
    assert.deepEqual(value === undefined ? undefined : accountCodec.decode(value), accounts[index]);
  }
}

async function count(engine: StateEngine, family: 'tree' | 'stale'): Promise<number> {
  return (await engine.rangeAll(family, { limit: 10 ** 6 })).length;
}

async function pruneAll(ledger: Ledger): Promise<number> {
  let steps = 1;
  while (await ledger.prune()) steps++;
  return steps;
}

function codeOf(outcome: PromiseSettledResult<unknown>): string | undefined {
  return outcome.status === 'rejected' && isCodedError(outcome.reason) ? outcome.reason.code : undefined;
}

describe('state at earlier heights', () => {
  it('is what it was at that time, also for a ledger that opened again', async () => {
    const engine = createMemoryStateEngine();
    const ledger = await openLedger(engine);
    const snapshots = await history(ledger, engine, 25);
    assert.equal(new Set(snapshots.map(({ stateRoot }) => stateRoot)).size, snapshots.length);
    for (const snapshot of snapshots) await check(ledger, snapshot);
    const again = await openLedger(engine);
    for (const snapshot of snapshots) await check(again, snapshot);
  });

  it('that misses a node is damaged, and said to be', async () => {
    const engine = createMemoryStateEngine();
    await history(await openLedger(engine), engine, 3);
    const batch = engine.batch();
    for (const { key } of await engine.rangeAll('tree', { limit: 10 ** 6 })) batch.delete('tree', key);
    await engine.write(batch);
    const damaged = { code: 'blockchain.corrupt-state', action: 'halt' };
    const ledger = await openLedger(engine);
    await assert.rejects(ledger.prove(stateKey.feePool(), 2), damaged);
    await assert.rejects(grow(ledger, engine), damaged);
  });

  it('is not there for heights to come', async () => {
    const engine = createMemoryStateEngine();
    const ledger = await openLedger(engine);
    await grow(ledger, engine);
    const future = { code: 'blockchain.future-height' };
    await assert.rejects(ledger.account(addressOf(0), 2), future);
    await assert.rejects(ledger.prove(stateKey.feePool(), 2), future);
  });

  it('is given for as many heights as are retained, pruned or not', async () => {
    const engine = createMemoryStateEngine();
    const ledger = await openLedger(engine, { retainedHeights: 3 });
    const snapshots = await history(ledger, engine, 10);
    for (const pruned of [false, true]) {
      if (pruned) await pruneAll(ledger);
      for (const snapshot of snapshots) {
        if (snapshot.height >= 7) await check(ledger, snapshot);
        else {
          const gone = { code: 'blockchain.height-not-retained' };
          await assert.rejects(ledger.account(addressOf(0), snapshot.height), gone);
          await assert.rejects(ledger.prove(stateKey.feePool(), snapshot.height), gone);
        }
      }
    }
  });
});

describe('pruning', () => {
  it('removes all that no retained height needs, and nothing else', async () => {
    const engine = createMemoryStateEngine();
    const ledger = await openLedger(engine, { retainedHeights: 0 });
    await history(ledger, engine, 20);
    const before = await count(engine, 'tree');
    await pruneAll(ledger);
    assert.equal(await count(engine, 'tree'), await nodesNeeded(engine));
    assert.ok((await count(engine, 'tree')) < before / 2);
    assert.equal(await count(engine, 'stale'), 0);
    assert.equal(await ledger.prune(), false);
    assert.equal((await engine.rangeAll('meta', { limit: 100 })).length, 3, 'identity, tip and one root');
  });

  it('goes on beside new blocks and restarts, and every retained height stays whole', async () => {
    const engine = createMemoryStateEngine();
    let ledger = await openLedger(engine, { retainedHeights: 4 });
    const snapshots: Snapshot[] = [];
    for (let turn = 0; turn < 6; turn++) {
      snapshots.push(...(await history(ledger, engine, 5)));
      await ledger.prune();
      if (turn % 2 === 1) ledger = await openLedger(engine, { retainedHeights: 4 });
      const { height } = ledger.tip();
      for (const snapshot of snapshots) if (snapshot.height >= height - 4) await check(ledger, snapshot);
    }
    assert.ok((await count(engine, 'stale')) > 0);
  });

  it('leaves every height whole or not retained, for a ledger that opens with a larger window', async () => {
    const engine = createMemoryStateEngine();
    const ledger = await openLedger(engine, { retainedHeights: 1 });
    // A run has a root for each of its heights and what became stale only for the last.
    const run = ledger.beginRun();
    for (let block = 0; block < 3 * PRUNE_RECORDS_MAX; block++) run.add(await run.execute(inputOn(run)));
    const sealed = await run.seal();
    await write(ledger, engine, sealed);
    ledger.committed(sealed);
    const snapshots = await history(ledger, engine, 3 * PRUNE_RECORDS_MAX);
    const retained = new Set<number>();
    for (let more = true; more;) {
      more = await ledger.prune();
      const again = await openLedger(engine, { retainedHeights: 1_000 });
      let kept = 0;
      for (const snapshot of snapshots) {
        const [outcome] = await Promise.allSettled([check(again, snapshot)]);
        if (outcome.status === 'fulfilled') kept += 1;
        else assert.equal(codeOf(outcome), 'blockchain.height-not-retained', `height ${snapshot.height}`);
      }
      retained.add(kept);
    }
    assert.equal(Math.max(...retained), snapshots.length, 'the run goes first');
    assert.equal(Math.min(...retained), 2);
  });

  it('that overtakes a reader makes its height one that is not retained, not a damaged state', async () => {
    const memory = createMemoryStateEngine();
    const gate = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    let toHold = 0;
    const engine: StateEngine = {
      ...memory,
      async getMany(family, keys) {
        if (family === 'tree' && toHold > 0) {
          if (--toHold === 0) arrived.resolve();
          await gate.promise;
        }
        return memory.getMany(family, keys);
      },
    };
    await history(await openLedger(memory), memory, 5);
    const ledger = await openLedger(engine, { retainedHeights: 2 });
    toHold = 2;
    const reads = [ledger.account(addressOf(0), 3), ledger.prove(stateKey.account(addressOf(0)), 3)];
    const outcomes = Promise.allSettled(reads);
    await arrived.promise;
    await history(ledger, engine, 5);
    await pruneAll(ledger);
    gate.resolve();
    for (const outcome of await outcomes) {
      assert.equal(outcome.status, 'rejected');
      assert.equal(codeOf(outcome), 'blockchain.height-not-retained');
    }
  });

  it('does nothing while everything is retained', async () => {
    const engine = createMemoryStateEngine();
    const ledger = await openLedger(engine, { retainedHeights: 10 });
    await history(ledger, engine, 10);
    const { writes } = await engine.statistics();
    assert.equal(await ledger.prune(), false);
    assert.equal((await engine.statistics()).writes, writes);
  });

  it('takes bounded steps and says whether there is more', async () => {
    const engine = createMemoryStateEngine();
    const ledger = await openLedger(engine, { retainedHeights: 1 });
    // Each block changes the same 250 accounts: about 300 nodes become stale.
    const outputs = Array.from({ length: 250 }, (_, index) => [strangerAt(index), 1n] as const);
    for (let nonce = 0; nonce < 25; nonce++) await grow(ledger, engine, transfer(0, nonce, ...outputs));
    assert.equal(await count(engine, 'stale'), 25);
    assert.equal(await ledger.prune(), true);
    assert.equal(await count(engine, 'stale'), 25 - PRUNE_RECORDS_MAX);
    const steps = await pruneAll(ledger);
    assert.equal(steps, 4);
    assert.equal(await count(engine, 'stale'), 1);
    const [one] = await ledger.accounts([strangerAt(0)]);
    assert.deepEqual(one, { balance: 25n, nonce: 0 });
    assert.deepEqual(await ledger.account(strangerAt(249), 24), { balance: 24n, nonce: 0 });
  });
});
