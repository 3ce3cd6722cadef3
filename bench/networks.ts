import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { startNode0 } from '../test/harness/command.ts';
import { TestNetwork } from '../test/harness/network.ts';
import { until } from '../test/harness/until.ts';
import { framed, identityOf, openWallet, signTransfer } from '../test/harness/wallet.ts';
import { syncFromZero } from './block-sync.ts';
import type { Row } from './row.ts';

/** Seconds of a measured load, and of the one before that lets the compilers of all processes finish. */
const MEASURE_SECONDS = 15;
const WARM_UP_SECONDS = 15;
/** Loads under which a chain is made that is synced then; long enough that a new node's start does not count. */
const SYNC_LOADS: readonly { rate: number; offeredSeconds: number; floor?: number }[] = [
  { rate: 850, offeredSeconds: 40, floor: 10 },
  { rate: 3_000, offeredSeconds: MEASURE_SECONDS },
];
const LONE_TRANSACTIONS = 40;
const READ_SECONDS = 5;
const READ_CONNECTIONS = 32;

type OnRow = (row: Row) => void;

interface LoadReport {
  readonly finalizedPerSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly lost: number;
}

/** Offers load to real networks of processes on this machine, which the load generator shares. */
export async function runMacro(onRow: OnRow): Promise<void> {
  await oneValidator(onRow);
  await fourValidators(onRow);
  await blockSync(onRow);
}

/** A chain that four validators made under a load, and a new node that takes it block by block. */
async function blockSync(onRow: OnRow): Promise<void> {
  const network = await TestNetwork.create();
  try {
    await network.up();
    await load(network, 500, WARM_UP_SECONDS);
    for (const { rate, offeredSeconds, floor } of SYNC_LOADS) {
      const { height: from } = await network.status();
      const { finalizedPerSecond } = await load(network, rate, offeredSeconds);
      const { height, seconds, transactions } = await syncFromZero(network, from);
      onRow({
        name: `block sync from zero, a chain made at ${rate}/s offered`,
        value: transactions / seconds,
        unit: '/s',
      });
      onRow({
        name: `block sync, times as fast as the ${height - from} blocks were made`,
        value: transactions / seconds / finalizedPerSecond,
        unit: 'x',
        ...(floor !== undefined && { floor }),
      });
    }
  } finally {
    await network.destroy();
  }
}

/** A network of one validator that serves its own API: one process. */
async function oneValidator(onRow: OnRow): Promise<void> {
  const network = await TestNetwork.create();
  try {
    await network.up(['--validators', '1']);
    await network.stop();
    const node = startNode0([
      'start',
      '--home',
      join(network.home, 'validators', '0'),
      '--set',
      `api.listen=127.0.0.1:${network.port}`,
    ]);
    node.stdout?.resume();
    node.stderr?.resume();
    try {
      await until('the validator finalises', async () => {
        const response = await fetch(`${network.url}/health/ready`);
        return response.ok;
      });
      await load(network, 1_500, WARM_UP_SECONDS);
      const steady = await load(network, 3_300, MEASURE_SECONDS);
      onRow({
        name: 'one validator, transfers end to end, 3,300/s offered',
        value: steady.finalizedPerSecond,
        unit: '/s',
        floor: 3_000,
      });
      onRow({ name: 'one validator, 3,300/s offered, p95 submit to final', value: steady.p95Ms, unit: 'ms' });
      const full = await load(network, 10_000, MEASURE_SECONDS);
      onRow({
        name: 'one validator, transfers end to end, 10,000/s offered',
        value: full.finalizedPerSecond,
        unit: '/s',
      });
    } finally {
      const exit = once(node, 'exit');
      node.kill('SIGTERM');
      await exit;
    }
  } finally {
    await network.destroy();
  }
}

/** What `npm start` runs: four validators and the node that serves the API, five processes. */
async function fourValidators(onRow: OnRow): Promise<void> {
  const network = await TestNetwork.create();
  try {
    await network.up();
    await load(network, 500, 2 * WARM_UP_SECONDS);
    const times = await loneTransactions(network);
    onRow({
      name: 'four validators, idle, one transfer, p50 submit to final',
      value: quantile(times, 0.5),
      unit: 'ms',
      floor: 300,
    });
    onRow({
      name: 'four validators, idle, one transfer, p95 submit to final',
      value: quantile(times, 0.95),
      unit: 'ms',
    });
    const steady = await load(network, 850, MEASURE_SECONDS);
    onRow({
      name: 'four validators, transfers end to end, 850/s offered',
      value: steady.finalizedPerSecond,
      unit: '/s',
      floor: 800,
    });
    onRow({
      name: 'four validators, 850/s offered, p95 submit to final',
      value: steady.p95Ms,
      unit: 'ms',
      floor: 2_000,
    });
    const full = await load(network, 3_000, MEASURE_SECONDS);
    onRow({
      name: 'four validators, transfers end to end, 3,000/s offered',
      value: full.finalizedPerSecond,
      unit: '/s',
    });
    onRow({
      name: 'API, GET /api/v2/blocks/latest, 32 connections',
      value: await reads(network, '/blocks/latest'),
      unit: '/s',
    });
  } finally {
    await network.destroy();
  }
}

async function load(network: TestNetwork, rate: number, seconds: number): Promise<LoadReport> {
  const { code, stdout, stderr } = await network.node0(
    'bench',
    'load',
    '--rate',
    String(rate),
    '--duration',
    String(seconds),
    '--json',
  );
  if (code !== 0) throw new Error(`bench load ended with ${code}: ${stderr}`);
  const report = JSON.parse(stdout) as LoadReport;
  if (report.lost > 0) throw new Error(`${report.lost} accepted transactions did not become final`);
  return report;
}

/** Milliseconds from each submission to the answer that says it is final, one after the other. */
async function loneTransactions(network: TestNetwork): Promise<number[]> {
  const identity = await identityOf(network);
  const [alice, bob] = await Promise.all([
    openWallet(network.home, 'alice'),
    openWallet(network.home, 'bob'),
  ]);
  const { nonce } = await network.get<{ nonce: number }>(`/accounts/${alice.address}`);
  const { height } = await network.status();
  const times: number[] = [];
  for (let index = 0; index < LONE_TRANSACTIONS; index++) {
    const transfer = signTransfer(identity, alice, {
      to: bob.address,
      nonce: nonce + index,
      validUntil: height + 5_000,
    });
    const startedMs = performance.now();
    const response = await fetch(`${network.url}/api/v2/transactions`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: framed(transfer.bytes),
    });
    if (!response.ok) throw new Error(await response.text());
    const { status } = await network.get<{ status: string }>(`/transactions/${transfer.id}?wait=10000`);
    if (status !== 'finalized') throw new Error(`a lone transfer is ${status}`);
    times.push(performance.now() - startedMs);
  }
  return times;
}

/** Requests a second over connections that stay open, each with one request under way. */
async function reads(network: TestNetwork, path: string): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: READ_CONNECTIONS });
  const untilMs = performance.now() + READ_SECONDS * 1000;
  let done = 0;
  const one = () =>
    new Promise<void>((resolve, reject) => {
      get(`${network.url}/api/v2${path}`, { agent }, (response) => {
        response.resume();
        response.once('end', resolve);
      }).once('error', reject);
    });
  const client = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      await one();
      done++;
    }
  };
  await Promise.all(Array.from({ length: READ_CONNECTIONS }, client));
  agent.destroy();
  return done / READ_SECONDS;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
