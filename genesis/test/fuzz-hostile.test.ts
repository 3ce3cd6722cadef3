import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostileDocuments } from './fixtures/hostile-documents.ts';
import { fuzz } from './fixtures/fuzz-run.ts';

const DOCUMENTS = 10_000;

test('ten thousand hostile documents end in a report each', async (context) => {
  const seed = Number(process.env['FUZZ_SEED'] ?? 1);
  context.diagnostic(`FUZZ_SEED=${seed}`);
  const { documents, valid, formats, rules } = await fuzz(seed, DOCUMENTS);
  context.diagnostic(`${valid} valid, ${JSON.stringify(formats)}, ${rules.size} rules met`);
  assert.equal(documents, DOCUMENTS);
  // The documents are of use only when they get past the reader, and meet many rules.
  assert.ok((formats['node0'] ?? 0) > DOCUMENTS / 20 && (formats['cometbft'] ?? 0) > DOCUMENTS / 20);
  assert.ok(rules.size > 35, `${rules.size} rules`);
  assert.ok(valid < DOCUMENTS / 10);
});

test('a seed always makes the same documents', () => {
  const make = (seed: number) => {
    const documents = new HostileDocuments(seed, ['{"a":[1,2]}']);
    return Array.from({ length: 200 }, () => Buffer.from(documents.next()).toString('base64'));
  };
  assert.deepEqual(make(5), make(5));
  assert.notDeepEqual(make(5), make(6));
});
