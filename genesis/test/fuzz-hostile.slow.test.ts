import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { FuzzCounts } from './fixtures/fuzz-run.ts';

/** FUZZ_DOCUMENTS=1000000 takes some ten minutes of one core; the gate runs a part, on a seed of its own each time. */
const DOCUMENTS = Number(process.env['FUZZ_DOCUMENTS'] ?? 200_000);
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

test('hostile documents without number end in a report each', async (context) => {
  const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Date.now() / 1000));
  context.diagnostic(`FUZZ_SEED=${seed} FUZZ_DOCUMENTS=${DOCUMENTS}, in ${WORKERS} workers`);
  const counts = await Promise.all(
    Array.from({ length: WORKERS }, (_, i) => fuzzIn(seed + i, DOCUMENTS / WORKERS)),
  );
  for (const { documents, valid, formats, rules } of counts) {
    assert.equal(documents, DOCUMENTS / WORKERS);
    context.diagnostic(`${valid} valid, ${JSON.stringify(formats)}, ${rules.size} rules met`);
  }
});
