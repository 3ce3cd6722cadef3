import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makeValidatorKeys } from '#node';
import { pause, systemClock } from '#runtime';
import { writeLargeDocument } from '../../genesis/test/fixtures/large-document.ts';
import { startNode0 } from '../harness/command.ts';
import { temporaryFolder } from '../harness/folder.ts';
import { endProcess } from '../harness/network.ts';
import { makeNodeHome, type NodeHome } from '../harness/node-home.ts';
import { until } from '../harness/until.ts';

const ACCOUNTS = 1_000_000;
const FIRST_BLOCK_MS_MAX = 120_000;
const NEXT_BLOCK_MS_MAX = 20_000;
const MEMORY_KB_MAX = 2e6;
/** Longest time between two answers of the node while it has a hostile document judged. */
const SILENCE_MS_MAX = 2_000;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let home: NodeHome;
let child: ChildProcess;
before(async () => {
  folder = await temporaryFolder();
  home = await makeNodeHome(join(folder.path, 'home'));
  const validators = await makeValidatorKeys(join(home.path, 'keys'), 1);
  writeLargeDocument(join(home.path, 'genesis.json'), {
    accounts: ACCOUNTS,
    validators: 0,
    timeMs: systemClock.now(),
    own: validators.map(({ name, consensusKey, operatorKey }) => ({
      name,
      consensusKey,
      operatorKey,
      stake: 10n ** 12n,
    })),
  });
});
after(async () => {
  await endProcess(child);
  await folder.remove();
});

const url = (path: string): string => `http://127.0.0.1:${home.apiPort}/api/v2${path}`;
const height = async (): Promise<number> =>
  ((await (await fetch(url('/status'))).json()) as { height: number }).height;

/** Starts the node; returns the time until it has made a block of its own. */
async function startUntilBlock(last: number, withinMs: number): Promise<number> {
  const startedMs = performance.now();
  child = startNode0(['start', '--home', home.path]);
  child.stdout?.resume();
  child.stderr?.resume();
  await until('a block', async () => (await height()) > last, { withinMs });
  return performance.now() - startedMs;
}

async function peakKb(): Promise<number | undefined> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
  const [, peak] = /VmHWM:\s+(\d+)/.exec(status) ?? [];
  return peak === undefined ? undefined : Number(peak);
}

describe('a node with a genesis of a million accounts', () => {
  it('makes its first block within two minutes and 2 GB', async (context) => {
    const elapsedMs = await startUntilBlock(0, FIRST_BLOCK_MS_MAX);
    const peak = await peakKb();
    context.diagnostic(`first block after ${elapsedMs.toFixed(0)} ms, peak ${peak ?? 'unknown'} kB`);
    if (peak !== undefined) assert.ok(peak < MEMORY_KB_MAX);
  });

  it('serves the document, and the account that stands in it', async () => {
    const response = await fetch(url('/genesis'));
    const { document, report } = (await response.json()) as {
      document: { accounts: { address: string; balance: string }[] };
      report: { valid: boolean; summary: { accounts: number; stateRoot: string } };
    };
    assert.ok(report.valid);
    assert.equal(report.summary.accounts, ACCOUNTS + 1);
    assert.match(report.summary.stateRoot, /^[0-9a-f]{64}$/);
    const { address, balance } = document.accounts[ACCOUNTS / 2] ?? {};
    const account = (await (await fetch(url(`/accounts/${address}`))).json()) as { balance: string };
    assert.equal(account.balance, balance);
  });

  it('makes blocks and answers while it has a hostile document of 20 MB judged', async (context) => {
    const body = `{"chainId":"x","accounts":[${'{"address":"x","balance":"-1"},'.repeat(700_000)}0]}`;
    assert.ok(body.length > 20e6);
    const from = await height();
    const under = { way: true };
    const judged = fetch(url('/genesis/validate'), { method: 'POST', body }).finally(
      () => (under.way = false),
    );
    let [longestMs, answers] = [0, 0];
    while (under.way) {
      const askedMs = performance.now();
      await height();
      longestMs = Math.max(longestMs, performance.now() - askedMs);
      answers++;
      await pause(20);
    }
    const response = await judged;
    assert.equal(response.status, 200, await response.clone().text());
    context.diagnostic(`${answers} answers meanwhile, the slowest after ${longestMs.toFixed(0)} ms`);
    assert.ok(longestMs < SILENCE_MS_MAX);
    await until('a block after it', async () => (await height()) > from);
  });

  it('starts again without judging the genesis again', async (context) => {
    const last = await height();
    await endProcess(child);
    const elapsedMs = await startUntilBlock(last, NEXT_BLOCK_MS_MAX);
    context.diagnostic(`a block ${elapsedMs.toFixed(0)} ms after the start, peak ${await peakKb()} kB`);
  });
});
