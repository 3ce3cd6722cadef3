import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createMemoryStateEngine, openStateEngine, STATE_FAMILIES } from '#engines/state';
import { isCodedError, utf8 } from '#kernel';
import { stateEngineContract } from './contract.ts';

const directories: string[] = [];

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'node0-state-'));
  directories.push(directory);
  return directory;
}

after(() => Promise.all(directories.map((directory) => rm(directory, { recursive: true, force: true }))));

stateEngineContract('memory', async () => {
  const engine = createMemoryStateEngine();
  return { engine, teardown: () => engine.close() };
});

stateEngineContract('RocksDB', async () => {
  const url = `rocksdb:${await temporaryDirectory()}`;
  let current = await openStateEngine(url, { profile: 'local' });
  return {
    engine: current,
    async reopen() {
      await current.close();
      current = await openStateEngine(url, { profile: 'local' });
      return current;
    },
    teardown: () => current.close(),
  };
});

describe('memory engine', () => {
  it('loses exactly the batches after the last synced one in a crash', async () => {
    const engine = createMemoryStateEngine();
    for (const [key, sync] of [
      ['first', false],
      ['second', true],
      ['third', false],
    ] as const) {
      const batch = engine.batch();
      batch.put('state', utf8(key), utf8('v'));
      await engine.write(batch, { sync });
    }
    const after = engine.crash();
    const keys = ['first', 'second', 'third'].map(utf8);
    assert.deepEqual(await after.getMany('state', keys), [utf8('v'), utf8('v'), undefined]);
  });
});

describe('RocksDB engine', () => {
  it('refuses a directory that is open in this process or another, and frees it on close', async () => {
    const directory = await temporaryDirectory();
    const url = `rocksdb:${directory}`;
    const engine = await openStateEngine(url, { profile: 'local' });
    const inUse = (error: unknown) => isCodedError(error, 'engine.state.already-open');
    await assert.rejects(openStateEngine(url, { profile: 'local' }), inUse);
    const script = `
      import { openStateEngine } from '#engines/state';
      try { await openStateEngine(${JSON.stringify(url)}, { profile: 'local' }); console.log('opened'); }
      catch (error) { console.log(error.code); }`;
    const root = join(import.meta.dirname, '../../..');
    const other = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
      encoding: 'utf8',
      cwd: root,
    });
    assert.equal(other.stdout.trim(), 'engine.state.already-open', other.stderr);
    await engine.close();
    const again = await openStateEngine(url, { profile: 'local' });
    await again.close();
  });

  it('syncs every log file that rotation left behind', async () => {
    const directory = await temporaryDirectory();
    const engine = await openStateEngine(`rocksdb:${directory}`, { profile: 'local' });
    const value = new Uint8Array(256 * 1024).fill(1);
    // The write buffer of a family is 8 MiB: 24 MiB rotate the log several times between the two syncs.
    for (let i = 0; i < 96; i++) {
      const batch = engine.batch();
      batch.put(i % 2 === 0 ? 'tree' : 'blocks', Uint8Array.of(i), value);
      await engine.write(batch, { sync: i === 0 || i === 95 });
    }
    assert.equal((await engine.statistics()).logSyncs, 2);
    await engine.close();
  });

  it('gives the profiles the memory and jobs that they name', async () => {
    const directory = await temporaryDirectory();
    const engine = await openStateEngine(`rocksdb:${directory}`, { profile: 'production' });
    const names = await readdir(directory);
    const file = names
      .filter((name) => name.startsWith('OPTIONS-'))
      .toSorted()
      .at(-1) as string;
    const options = await readFile(join(directory, file), 'utf8');
    assert.match(options, /max_background_jobs=6/);
    const count = (text: string): number => options.split(text).length - 1;
    // `meta` and `evidence` hold a few keys.
    const large = STATE_FAMILIES.length - 2;
    assert.equal(count('  write_buffer_size=134217728'), large);
    assert.equal(count('  max_write_buffer_number=3'), large);
    assert.ok(count('target_file_size_base=67108864') >= STATE_FAMILIES.length);
    assert.ok(count('filter_policy=bloomfilter:10') >= STATE_FAMILIES.length);
    await engine.close();
  });

  it('refuses URLs of engines that do not exist', async () => {
    for (const url of ['', 'rocksdb:', 'leveldb:/x', 'rocksdb']) {
      await assert.rejects(openStateEngine(url, { profile: 'local' }), (error) =>
        isCodedError(error, 'engine.state.unsupported-url'),
      );
    }
  });
});
