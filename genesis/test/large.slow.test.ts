import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { GenesisReport } from '../index.ts';
import { writeLargeDocument } from './fixtures/large-document.ts';

const ACCOUNTS = 990_000;
const VALIDATORS = 10_000;
const TIME_MS_MAX = 60_000;
const MEMORY_BYTES_MAX = 2e9;

test('a genesis of 100 MB, a million accounts and 10,000 validators is judged in a minute and 2 GB', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'large-genesis-'));
  context.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'genesis.json');
  writeLargeDocument(file, { accounts: ACCOUNTS, validators: VALIDATORS });
  const { size } = await stat(file);
  assert.ok(size > 100e6);
  const startedMs = performance.now();
  const judge = join(import.meta.dirname, 'fixtures/judge-file.ts');
  // A process of its own: its peak is that of the judgement, and it starts as the command does.
  const { stdout } = await promisify(execFile)(process.execPath, [judge, file], { maxBuffer: 2 ** 24 });
  const elapsedMs = performance.now() - startedMs;
  const { report, peakBytes, stages } = JSON.parse(stdout) as {
    report: GenesisReport;
    peakBytes: number;
    stages: string[];
  };
  context.diagnostic(
    `${size} bytes in ${elapsedMs.toFixed(0)} ms, peak ${(peakBytes / 1e6).toFixed(0)} MB of memory`,
  );
  assert.ok(report.valid, JSON.stringify(report.findings));
  assert.equal(report.summary.accounts, ACCOUNTS + VALIDATORS);
  assert.equal(report.summary.validators, VALIDATORS);
  assert.match(report.summary.stateRoot ?? '', /^[0-9a-f]{64}$/);
  assert.deepEqual(stages, ['json', 'values', 'rules', 'signatures', 'hash', 'state']);
  assert.ok(elapsedMs < TIME_MS_MAX, `took ${elapsedMs.toFixed(0)} ms`);
  assert.ok(peakBytes < MEMORY_BYTES_MAX, `took ${peakBytes} bytes`);
});
