import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ed25519Key } from '#kernel';
import { describeLog, greatestLoggedHeight } from '../store/describe-log.ts';
import { openLastSignGuard } from '../store/last-sign-guard.ts';
import { encodeLogEntry } from '../store/log-entries.ts';
import { readLastSignature } from '../store/read-last-signature.ts';
import { openWriteAheadLog } from '../store/write-ahead-log.ts';
import { MemoryDirectory } from './memory-directory.ts';

describe('what people are told of the consensus files', () => {
  it('names segments, entries and the greatest height of a log, and changes nothing', async () => {
    const directory = new MemoryDirectory();
    assert.equal(await greatestLoggedHeight(directory), undefined);
    const { log } = await openWriteAheadLog(directory);
    log.append(encodeLogEntry(7, { kind: 'timeout', timeout: { kind: 'propose', round: 2 } }));
    log.append(encodeLogEntry(7, { kind: 'validated', value: 'ab'.repeat(32), valid: false }));
    await log.close();
    const [name = ''] = await directory.list();
    const before = await directory.read(name);
    const { segments, last } = await describeLog(directory);
    assert.deepEqual(last, ['7 timeout: propose of round 2', `7 validated: ${'ab'.repeat(32)} invalid`]);
    assert.deepEqual(
      segments.map(({ records, isDamaged }) => [records, isDamaged]),
      [[2, false]],
    );
    assert.equal(await greatestLoggedHeight(directory), 7);
    assert.deepEqual(await directory.read(name), before);
  });

  it('says where a key signed last, and nothing for a slot that is damaged or empty', async () => {
    const directory = new MemoryDirectory();
    const key = ed25519Key(new Uint8Array(32).fill(3));
    const guard = await openLastSignGuard(directory, key.publicKey);
    const request = { height: 9, round: 1, step: 'precommit' as const, digest: new Uint8Array(32) };
    await guard.sign(request, (digest) => key.sign(digest));
    await guard.close();
    const slots = (await readLastSignature(directory)) as ({
      height: number;
      round: number;
      step: string;
    } | null)[];
    const found = slots.filter((slot) => slot !== null);
    assert.equal(found.length, 1);
    assert.deepEqual([found[0]?.height, found[0]?.round, found[0]?.step], [9, 1, 'precommit']);
    const file = await directory.open('last-sign');
    await file.write(4096 + 50, Uint8Array.of(0xff));
    assert.deepEqual(await readLastSignature(directory), [null, null]);
  });
});
