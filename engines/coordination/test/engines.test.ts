import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openCoordinationEngine, openStoredCoordination } from '#engines/coordination';
import { createMemoryStateEngine, type StateEngine } from '#engines/state';
import { utf8 } from '#kernel';
import { coordinationContract, ManualClock } from './contract.ts';

const directories: string[] = [];

async function temporaryUrl(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'node0-coordination-'));
  directories.push(directory);
  return `rocksdb:${directory}`;
}

after(() => Promise.all(directories.map((directory) => rm(directory, { recursive: true, force: true }))));

coordinationContract('memory', async () => {
  const clock = new ManualClock();
  let store = createMemoryStateEngine();
  let current = await openStoredCoordination(store, clock);
  return {
    engine: current,
    clock,
    async reopen() {
      // Without a word of warning: what was not synced is gone.
      store = store.crash();
      current = await openStoredCoordination(store, clock);
      return current;
    },
    teardown: () => current.close(),
  };
});

coordinationContract('RocksDB', async () => {
  const clock = new ManualClock();
  const url = await temporaryUrl();
  let current = await openCoordinationEngine(url, clock);
  return {
    engine: current,
    clock,
    async reopen() {
      await current.close();
      current = await openCoordinationEngine(url, clock);
      return current;
    },
    teardown: () => current.close(),
  };
});

describe('embedded coordination engine', () => {
  it('promises nothing more once a write has failed', async () => {
    const store = createMemoryStateEngine();
    let fails = false;
    const failing: StateEngine = {
      ...store,
      write: (batch, options) =>
        fails ? Promise.reject(new Error('no space')) : store.write(batch, options),
    };
    const engine = await openStoredCoordination(failing, new ManualClock());
    const acquired = await engine.acquire('key', 'a', 1_000);
    if (acquired.kind !== 'granted') throw new Error('not granted');
    fails = true;
    const write = () => engine.put('r', utf8('v'), { lease: acquired.lease, revision: 0 });
    await assert.rejects(write(), { code: 'engine.coordination.failed' });
    fails = false;
    await assert.rejects(write(), { code: 'engine.coordination.failed' });
    await assert.rejects(engine.renew(acquired.lease), { code: 'engine.coordination.failed' });
  });

  it('holds so many leases at most, and lets those that ended make room', async () => {
    const clock = new ManualClock();
    const engine = await openCoordinationEngine('memory:', clock);
    for (let i = 0; i < 1_024; i++) await engine.acquire(`lease ${i}`, 'a', 1_000);
    await assert.rejects(engine.acquire('one more', 'a', 1_000), { code: 'engine.coordination.too-many' });
    clock.ms += 1_000;
    assert.equal((await engine.acquire('one more', 'a', 1_000)).kind, 'granted');
  });

  it('refuses more calls at once than it may keep waiting', async () => {
    const engine = await openCoordinationEngine('memory:', new ManualClock());
    const calls = await Promise.allSettled(Array.from({ length: 1_100 }, () => engine.holder('key')));
    const refused = calls.filter(({ status }) => status === 'rejected');
    assert.equal(refused.length, 1_100 - 1_024);
    assert.equal(await engine.holder('key'), undefined);
  });

  it('refuses damaged records and URLs of engines that do not exist', async () => {
    const store = createMemoryStateEngine();
    const batch = store.batch();
    batch.put('meta', Uint8Array.of(1, 120), utf8('no lease'));
    await store.write(batch);
    await assert.rejects(openStoredCoordination(store, new ManualClock()), {
      code: 'engine.coordination.corrupt',
    });
    for (const url of ['', 'rocksdb:', 'etcd', 'rocksdb']) {
      await assert.rejects(openCoordinationEngine(url, new ManualClock()), {
        code: 'engine.coordination.unsupported-url',
      });
    }
  });
});
