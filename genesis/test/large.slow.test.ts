import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAddress, hash, uint64ToBytes } from '#kernel';
import { bytesOf, judge, makeDocument, settleSupply } from './fixtures/documents.ts';

const ACCOUNTS = 100_000;
const TIME_MS = 20_000;

test('a document of 100,000 accounts is judged in seconds', async (context) => {
  const document = makeDocument();
  for (let i = 0; i < ACCOUNTS; i++) {
    const address = formatAddress(hash('address', uint64ToBytes(i)).slice(0, 20));
    document.accounts.push({ address, balance: '1000', label: `account ${i}` });
  }
  const bytes = bytesOf(settleSupply(document));
  const startedMs = performance.now();
  const report = await judge(bytes);
  const elapsedMs = performance.now() - startedMs;
  context.diagnostic(`${bytes.length} bytes in ${elapsedMs.toFixed(0)} ms`);
  assert.ok(report.valid);
  assert.equal(report.summary.accounts, ACCOUNTS + 6);
  assert.ok(elapsedMs < TIME_MS, `took ${elapsedMs.toFixed(0)} ms`);
});
