import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLocalGenesis, validateGenesis } from '#genesis';
import { ed25519Key, utf8, type Scheduler } from '#kernel';
import { nativeVerifier, systemClock, systemScheduler } from '#runtime';
import { GenesisJudge, JUDGE_LIMITS } from '../judge.ts';

const key = ed25519Key(new Uint8Array(32).fill(7));
const document = createLocalGenesis({
  chainId: 'judged-1',
  timeMs: Date.UTC(2026, 0, 31),
  accounts: [],
  validators: [{ name: 'one', consensusKey: key, operatorKey: key, stake: 10n ** 9n }],
});

/** A judgement gives way to whatever else runs: beside two busy processes it takes ten times as long. */
const PATIENT = { ...JUDGE_LIMITS, timeMs: 600_000 };

/** Accounts whose addresses are none: each takes the reader ten microseconds. */
const hostile = () =>
  utf8(
    `{"chainId":"hostile-1","accounts":[${`{"address":"x","label":"${'x'.repeat(80)}"},`.repeat(200_000)}0]}`,
  );

test('a judgement elsewhere is the judgement here', async () => {
  const judge = new GenesisJudge(systemScheduler, PATIENT);
  const forged = { ...document, chainId: 'forged-1' };
  for (const text of [JSON.stringify(document), JSON.stringify(forged), '{"broken', '']) {
    const here = await validateGenesis(utf8(text), systemClock, { verifier: nativeVerifier });
    assert.deepEqual(await judge.judge(utf8(text)), here);
  }
});

test('the event loop turns while a hostile document of more than 20 MB is judged', async (context) => {
  const bytes = hostile();
  assert.ok(bytes.length > 20e6);
  const startedMs = performance.now();
  let [longestMs, turns, lastMs] = [0, 0, startedMs];
  const watch = setInterval(() => {
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - lastMs);
    lastMs = nowMs;
    turns++;
  }, 2);
  const report = await new GenesisJudge(systemScheduler, PATIENT)
    .judge(bytes)
    .finally(() => clearInterval(watch));
  const elapsedMs = performance.now() - startedMs;
  assert.ok(!report.valid);
  context.diagnostic(`${elapsedMs.toFixed(0)} ms, ${turns} turns, the longest ${longestMs.toFixed(0)} ms`);
  // Judged on this thread, the loop would stand still for nearly all of it.
  assert.ok(
    turns > 0 && longestMs < elapsedMs / 3,
    `the loop stood still for ${longestMs} of ${elapsedMs} ms`,
  );
});

test('a document that takes too much memory ends in an error, and the next one is judged', async () => {
  const limits = { ...PATIENT, heapMb: 64 };
  const judge = new GenesisJudge(systemScheduler, limits);
  const lists = utf8(`[${'[],'.repeat(6_000_000)}[]]`);
  await assert.rejects(judge.judge(lists), { code: 'node.genesis-too-demanding', status: 422 });
  assert.equal((await judge.judge(utf8('{}'))).valid, false);
});

test('a document that takes too long is given up', async () => {
  const impatient: Scheduler = { ...systemScheduler, after: (_ms, task) => systemScheduler.soon(task) };
  const judge = new GenesisJudge(impatient, { heapMb: 64, timeMs: 2_000 });
  await assert.rejects(judge.judge(utf8('{}')), {
    code: 'node.genesis-too-demanding',
    message: /more than 2 s/,
  });
});

test('what is under way is broken off when the node ends', async () => {
  const judge = new GenesisJudge(systemScheduler, PATIENT);
  const judged = judge.judge(hostile());
  judge.close();
  await assert.rejects(judged, { code: 'node.judge-failed' });
});
