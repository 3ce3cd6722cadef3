import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { FuzzCounts } from './fixtures/fuzz-run.ts';

const DOCUMENTS = 1_000_000;
const WORKERS = 2;

function fuzzIn(seed: number, count: number): Promise<FuzzCounts> {
  const url = new URL('./fixtures/fuzz-worker.ts', import.meta.url);
  return new Promise((resolve, reject) => {
    const worker = new Worker(url, { workerData: { seed, count } });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error(`the worker of seed ${seed} ended without a word`)));
  });
}

test('a million hostile documents end in a report each', async (context) => {
  const seed = Number(process.env['FUZZ_SEED'] ?? 1_000);
  context.diagnostic(`FUZZ_SEED=${seed}, and the ${WORKERS - 1} after it`);
  const counts = await Promise.all(
    Array.from({ length: WORKERS }, (_, i) => fuzzIn(seed + i, DOCUMENTS / WORKERS)),
  );
  for (const { documents, valid, formats, rules } of counts) {
    assert.equal(documents, DOCUMENTS / WORKERS);
    context.diagnostic(`${valid} valid, ${JSON.stringify(formats)}, ${rules.size} rules met`);
  }
});
