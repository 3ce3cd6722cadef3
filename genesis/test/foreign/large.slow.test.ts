import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hash, uint64ToBytes } from '#kernel';
import { bytesOf, judge } from '../fixtures/documents.ts';
import { textOf } from '../fixtures/foreign-keys.ts';
import { makeForeign } from '../fixtures/foreign.ts';

const ACCOUNTS = 300_000;
const TIME_MS = 60_000;

test('a foreign document of 300,000 accounts is judged, imported and hashed in seconds', async (context) => {
  const document = makeForeign();
  const { auth, bank } = document.app_state;
  for (let i = 0; i < ACCOUNTS; i++) {
    const address = textOf(hash('address', uint64ToBytes(i)).subarray(0, 20));
    auth.accounts.push({ ...auth.accounts[4], address, account_number: String(i) });
    bank.balances.push({ address, coins: [{ denom: 'stake', amount: '7' }] });
  }
  bank.supply[0].amount = String(5_000_000 + 7 * ACCOUNTS);
  const bytes = bytesOf(document);
  const startedMs = performance.now();
  const report = await judge(bytes);
  const elapsedMs = performance.now() - startedMs;
  context.diagnostic(`${bytes.length} bytes in ${elapsedMs.toFixed(0)} ms`);
  assert.ok(report.valid);
  assert.equal(report.summary.accounts, ACCOUNTS + 5);
  assert.match(report.genesisHash ?? '', /^[0-9a-f]{64}$/);
  assert.ok(elapsedMs < TIME_MS, `took ${elapsedMs.toFixed(0)} ms`);
});
