import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ed25519Key, toHex, utf8 } from '#kernel';
import { encodeFrame, readFrames } from '../store/frame.ts';
import { openFileDirectory } from '../store/file-directory.ts';
import { openLastSignGuard, type SignStep } from '../store/last-sign-guard.ts';
import type { LogDirectory } from '../store/log-directory.ts';
import { openWriteAheadLog } from '../store/write-ahead-log.ts';
import { openLocalSigner } from '../signer.ts';
import { seeded } from './core-network.ts';
import { MemoryDirectory } from './memory-directory.ts';

const record = (text: string) => utf8(text);
const texts = (records: readonly Uint8Array[]) => records.map((bytes) => Buffer.from(bytes).toString());
const FIRST = 'wal-000000000001.log';

async function reopened(directory: LogDirectory, segmentBytes?: number): Promise<string[]> {
  const { log, records } = await openWriteAheadLog(directory, segmentBytes);
  await log.close();
  return texts(records);
}

describe('write-ahead log', () => {
  it('gives back what was synced, in order, over several openings', async () => {
    const directory = new MemoryDirectory();
    for (const text of ['one', 'two', 'three']) {
      const { log } = await openWriteAheadLog(directory);
      log.append(record(text));
      await log.sync();
    }
    assert.deepEqual(await reopened(directory.crash(seeded(1))), ['one', 'two', 'three']);
  });

  it('keeps synced records and a prefix of the others through a crash at any point', async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seeded(seed);
      const directory = new MemoryDirectory();
      const { log } = await openWriteAheadLog(directory);
      const appended: string[] = [];
      let synced = 0;
      for (let count = random(12); count > 0; count--) {
        appended.push(`${seed}-${count}-${'x'.repeat(random(50))}`);
        log.append(record(appended.at(-1) as string));
        if (random(3) > 0) continue;
        await log.sync();
        synced = appended.length;
      }
      const unsynced = log.sync();
      const after = await reopened(directory.crash(random));
      await unsynced.catch(() => undefined);
      assert.deepEqual(after, appended.slice(0, after.length), `seed ${seed}`);
      assert.ok(after.length >= synced, `seed ${seed} lost a synced record`);
    }
  });

  it('shares one sync among callers that wait at the same time', async () => {
    const directory = new MemoryDirectory();
    const { log } = await openWriteAheadLog(directory);
    directory.journal.length = 0;
    const syncs = [];
    for (let index = 0; index < 50; index++) {
      log.append(record(`r${index}`));
      syncs.push(log.sync());
    }
    await Promise.all(syncs);
    assert.equal(directory.journal.filter((line) => line.startsWith('sync')).length, 2);
    assert.equal((await reopened(directory)).length, 50);
  });

  it('refuses a log that is damaged where it had been durable', async () => {
    const directory = new MemoryDirectory();
    const { log } = await openWriteAheadLog(directory);
    for (const text of ['one', 'two', 'three']) {
      log.append(record(text));
      await log.sync();
    }
    directory.damage(FIRST, 20);
    await assert.rejects(openWriteAheadLog(directory), { code: 'consensus.log-corrupt' });
  });

  it('starts a new segment with a height once one is large, and drops the old', async () => {
    const directory = new MemoryDirectory();
    const { log } = await openWriteAheadLog(directory, 100);
    log.append(record('x'.repeat(200)));
    await log.startHeight();
    log.append(record('next'));
    await log.startHeight();
    await log.close();
    assert.deepEqual(await directory.list(), ['wal-000000000002.log']);
    assert.deepEqual(await reopened(directory, 100), ['next']);
  });

  it('does nothing more after a failed sync', async () => {
    const directory = new MemoryDirectory();
    const { log } = await openWriteAheadLog(directory);
    directory.failSyncs = true;
    log.append(record('one'));
    await assert.rejects(log.sync(), { code: 'consensus.storage-failed' });
    directory.failSyncs = false;
    await assert.rejects(log.sync(), { code: 'consensus.storage-failed' });
    assert.throws(() => log.append(record('two')), { code: 'consensus.storage-failed' });
  });

  it('tells a torn tail from damage by what later frames say', () => {
    const frames = ['a', 'b', 'c'].map(record);
    const unsynced = Buffer.concat(frames.map((frame) => encodeFrame(frame, 0)));
    unsynced[16] = 0;
    assert.deepEqual(readFrames(unsynced), { frames: [], end: 0, damaged: false });
  });

  it('reads any bytes without harm', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const { end } = readFrames(bytes);
        assert.ok(end <= bytes.length);
      }),
    );
  });
});

describe('last-sign guard (CONS-9)', () => {
  const key = ed25519Key(new Uint8Array(32).fill(7));
  const request = (height: number, round: number, step: SignStep, content: string) => ({
    height,
    round,
    step,
    digest: new Uint8Array(32).fill(content.charCodeAt(0)),
  });
  const sign = (digest: Uint8Array) => key.sign(digest);

  it('gives the same signature again and refuses another content in the same place', async () => {
    const guard = await openLastSignGuard(new MemoryDirectory(), key.publicKey);
    const first = await guard.sign(request(5, 0, 'prevote', 'a'), sign);
    assert.equal(toHex(await guard.sign(request(5, 0, 'prevote', 'a'), sign)), toHex(first));
    await assert.rejects(guard.sign(request(5, 0, 'prevote', 'b'), sign), {
      code: 'consensus.sign-conflict',
    });
  });

  it('never goes back in height, round or step, also after a restart', async () => {
    const directory = new MemoryDirectory();
    const guard = await openLastSignGuard(directory, key.publicKey);
    await guard.sign(request(5, 1, 'prevote', 'a'), sign);
    const after = await openLastSignGuard(directory.crash(seeded(1)), key.publicKey);
    for (const back of [
      request(4, 9, 'precommit', 'b'),
      request(5, 0, 'precommit', 'b'),
      request(5, 1, 'proposal', 'b'),
    ]) {
      await assert.rejects(after.sign(back, sign), { code: 'consensus.sign-regression' });
    }
    await assert.rejects(after.sign(request(5, 1, 'prevote', 'b'), sign), {
      code: 'consensus.sign-conflict',
    });
    await after.sign(request(5, 1, 'precommit', 'b'), sign);
    await after.sign(request(6, 0, 'proposal', 'b'), sign);
  });

  it('has a signature on disk before it gives it, whatever instant it crashes at', async () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = seeded(seed);
      let directory = new MemoryDirectory();
      const given = new Map<number, string>();
      let height = 1;
      for (let life = 0; life < 5; life++) {
        const guard = await openLastSignGuard(directory, key.publicKey);
        for (let count = random(4); count >= 0; count--) {
          await guard.sign(request(height, 0, 'prevote', 'a'), sign);
          given.set(height, 'a');
          height += 1;
        }
        // One more is under way when the machine stops: its signature was not given.
        const pending = guard.sign(request(height, 0, 'prevote', 'b'), sign).catch(() => undefined);
        for (let ticks = random(6); ticks > 0; ticks--) await Promise.resolve();
        directory = directory.crash(random);
        const signature = await pending;
        const after = await openLastSignGuard(directory, key.publicKey);
        const last = Math.max(...given.keys());
        await assert.rejects(after.sign(request(last, 0, 'prevote', 'c'), sign), `seed ${seed} forgot`);
        if (signature === undefined) continue;
        await assert.rejects(
          after.sign(request(height, 0, 'prevote', 'c'), sign),
          `seed ${seed} forgot the last`,
        );
        height += 1;
      }
    }
  });

  it('relies on no record that a killed process left unsynced', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const directory = new MemoryDirectory();
      const killed = await openLastSignGuard(directory, key.publicKey);
      directory.held = 'last-sign';
      void killed.sign(request(5, 0, 'prevote', 'a'), sign);
      for (let ticks = 0; ticks < 10; ticks++) await Promise.resolve();
      directory.held = undefined;
      // The process is killed in the midst of the sync; the page cache still has what it wrote.
      const next = await openLastSignGuard(directory, key.publicKey);
      await next.sign(request(5, 0, 'prevote', 'a'), sign);
      const after = await openLastSignGuard(directory.crash(seeded(seed)), key.publicKey);
      await assert.rejects(
        after.sign(request(5, 0, 'prevote', 'b'), sign),
        { code: 'consensus.sign-conflict' },
        `seed ${seed}`,
      );
    }
  });

  it('refuses the record of another key and a damaged one', async () => {
    const directory = new MemoryDirectory();
    const guard = await openLastSignGuard(directory, key.publicKey);
    await guard.sign(request(1, 0, 'prevote', 'a'), sign);
    const other = ed25519Key(new Uint8Array(32).fill(8));
    await assert.rejects(openLastSignGuard(directory, other.publicKey), {
      code: 'consensus.sign-record-of-other-key',
    });
    await guard.sign(request(2, 0, 'prevote', 'a'), sign);
    directory.damage('last-sign', 50);
    directory.damage('last-sign', 4096 + 50);
    await assert.rejects(openLastSignGuard(directory, key.publicKey), {
      code: 'consensus.sign-record-corrupt',
    });
  });

  it('stays silent after a failed write', async () => {
    const directory = new MemoryDirectory();
    const guard = await openLastSignGuard(directory, key.publicKey);
    directory.failSyncs = true;
    await assert.rejects(guard.sign(request(1, 0, 'prevote', 'a'), sign), {
      code: 'consensus.storage-failed',
    });
    directory.failSyncs = false;
    await assert.rejects(guard.sign(request(2, 0, 'prevote', 'a'), sign), {
      code: 'consensus.storage-failed',
    });
  });
});

describe('files', () => {
  it('log and signer keep their promises in the file system', async () => {
    const path = await mkdtemp(join(tmpdir(), 'consensus-store-'));
    try {
      const directory = await openFileDirectory(join(path, 'consensus'));
      const { log } = await openWriteAheadLog(directory);
      log.append(record('one'));
      await log.close();
      const key = ed25519Key(new Uint8Array(32).fill(7));
      const init = { directory, key, genesisHash: new Uint8Array(32) };
      const signer = await openLocalSigner(init);
      const body = { kind: 'prevote', height: 3, round: 0, blockHash: undefined } as const;
      const signature = await signer.signVote(body);
      await signer.close();
      const again = await openLocalSigner(init);
      assert.deepEqual(await again.signVote(body), signature);
      await assert.rejects(again.signVote({ ...body, blockHash: new Uint8Array(32) }), {
        code: 'consensus.sign-conflict',
      });
      await assert.rejects(
        again.signProposal({ height: 3, round: 0, polRound: -1, blockHash: new Uint8Array(32) }),
        {
          code: 'consensus.sign-regression',
        },
      );
      await again.close();
      assert.deepEqual(await reopened(directory), ['one']);
      assert.deepEqual(await directory.list(), ['last-sign', FIRST]);
    } finally {
      await rm(path, { recursive: true });
    }
  });
});
