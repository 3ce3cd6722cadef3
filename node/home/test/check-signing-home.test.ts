import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LogDirectory } from '#services/consensus';
import { encodeLogEntry } from '../../../services/consensus/store/log-entries.ts';
import { openWriteAheadLog } from '../../../services/consensus/store/write-ahead-log.ts';
import { MemoryDirectory } from '../../../services/consensus/test/memory-directory.ts';
import { checkSigningHome } from '../check-signing-home.ts';

/** A consensus log that goes up to a height. */
async function logOf(height: number): Promise<LogDirectory> {
  const directory = new MemoryDirectory();
  const { log } = await openWriteAheadLog(directory);
  for (let at = 1; at <= height; at++) log.append(encodeLogEntry(at, { kind: 'transactions-available' }));
  await log.close();
  return directory;
}

async function signerWith(...names: string[]): Promise<LogDirectory> {
  const directory = new MemoryDirectory();
  for (const name of names) await (await directory.open(name)).close();
  return directory;
}

describe('the three places of a signing home', () => {
  it('agree before the first height, at the height in progress, and when blocks came from elsewhere', async () => {
    await checkSigningHome(new MemoryDirectory(), await signerWith(), 0);
    await checkSigningHome(await logOf(5), await signerWith('last-sign'), 4);
    await checkSigningHome(await logOf(5), await signerWith('last-sign'), 5);
    await checkSigningHome(await logOf(5), await signerWith('last-sign'), 50);
  });

  it('disagree when the state ends before the height before the one that is logged', async () => {
    const check = checkSigningHome(await logOf(5), await signerWith('last-sign'), 3);
    await assert.rejects(check, { code: 'home.state-behind-log', details: { tip: 3, logged: 5 } });
  });

  it('disagree when the log says that something may have been signed, and there is no record', async () => {
    const check = checkSigningHome(await logOf(5), await signerWith('other'), 4);
    await assert.rejects(check, { code: 'home.sign-record-missing' });
  });

  it('are two where a signer keeps the key: the log and the state still have to agree', async () => {
    await checkSigningHome(await logOf(5), undefined, 4);
    await assert.rejects(checkSigningHome(await logOf(5), undefined, 3), { code: 'home.state-behind-log' });
  });
});
