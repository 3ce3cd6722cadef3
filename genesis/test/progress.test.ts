import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAddress, hash, uint64ToBytes } from '#kernel';
import { validateGenesis } from '../index.ts';
import { bytesOf, CLOCK, makeDocument, settleSupply } from './fixtures/documents.ts';

async function heard(document: unknown, dryRun = true) {
  const events: [stage: string, fraction: number][] = [];
  await validateGenesis(bytesOf(document), CLOCK, {
    dryRun,
    onProgress: (stage, fraction) => events.push([stage, fraction]),
  });
  return events;
}

test('a small document tells its stages, and no more', async () => {
  const stages = ['json', 'values', 'rules', 'signatures', 'hash', 'state'].map((stage) => [stage, 0]);
  assert.deepEqual(await heard(makeDocument()), stages);
  assert.deepEqual(
    await heard(makeDocument(), false),
    stages.slice(0, -1),
    'nothing of a state that is not built',
  );
  assert.deepEqual(await heard([]), [['json', 0]]);
});

test('a large one tells how far it is, forward only', async () => {
  const document = makeDocument();
  for (let i = 0; i < 3_000; i++) {
    const address = formatAddress(hash('address', uint64ToBytes(i)).slice(0, 20));
    document.accounts.push({ address, balance: '1' });
  }
  const events = await heard(settleSupply(document));
  for (const stage of ['values', 'state']) {
    const fractions = events.filter(([name]) => name === stage).map(([, fraction]) => fraction);
    assert.ok(fractions.length > 50 && fractions.length < 103, `${fractions.length} of ${stage}`);
    assert.deepEqual(
      fractions,
      fractions.toSorted((a, b) => a - b),
    );
    assert.ok((fractions.at(-1) ?? 0) > 0.9);
  }
});
