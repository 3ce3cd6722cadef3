import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { node0, startNode0 } from '../test/harness/command.ts';
import { freePort, type NetworkStatus, type TestNetwork } from '../test/harness/network.ts';
import { until } from '../test/harness/until.ts';

const WITHIN_MS = 300_000;

/** What a new node did after it had reached the height from which on it was measured. */
export interface BlockSyncReport {
  readonly height: number;
  /** From the height given to the tip that the network had then. */
  readonly seconds: number;
  readonly transactions: number;
}

/**
 * Starts a full node with an empty home, which takes the chain block by block.
 *
 * @param from the height at which the measurement begins
 */
export async function syncFromZero(network: TestNetwork, from: number): Promise<BlockSyncReport> {
  const folder = await mkdtemp(join(tmpdir(), 'node0-sync-'));
  const home = join(folder, 'home');
  try {
    const apiPort = await freePort();
    await makeHome(network, home, apiPort);
    const { height } = await network.status();
    const node = startNode0(['start', '--home', home]);
    node.stdout?.resume();
    node.stderr?.resume();
    try {
      const reached = (wanted: number): Promise<unknown> =>
        until(`a new node is at height ${wanted}`, async () => (await heightOf(apiPort)) >= wanted, {
          withinMs: WITHIN_MS,
        });
      await reached(from);
      const [startedMs, first] = [performance.now(), await heightOf(apiPort)];
      await reached(height);
      const seconds = (performance.now() - startedMs) / 1000;
      return { height, seconds, transactions: await transactionsIn(network, first, height) };
    } finally {
      const exit = once(node, 'exit');
      node.kill('SIGTERM');
      await exit;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** 0 for a node that does not answer yet. */
async function heightOf(apiPort: number): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${apiPort}/api/v2/status`).catch(() => undefined);
  return response?.ok === true ? ((await response.json()) as NetworkStatus).height : 0;
}

async function transactionsIn(network: TestNetwork, after: number, to: number): Promise<number> {
  let count = 0;
  for (let height = after + 1; height <= to; height++) {
    const block = await network.get<{ transactions: readonly string[] }>(`/blocks/${height}`);
    count += block.transactions.length;
  }
  return count;
}

/** A home as an operator makes it: keys, the network's genesis, its validators as peers. */
async function makeHome(network: TestNetwork, home: string, apiPort: number): Promise<void> {
  const listen = `/ip4/127.0.0.1/tcp/${await freePort()}`;
  const api = `127.0.0.1:${apiPort}`;
  const made = await node0([
    'init',
    '--home',
    home,
    '--name',
    'new',
    '--listen',
    listen,
    '--api',
    api,
    '--generate-password',
  ]);
  if (made.code !== 0) throw new Error(`init ended with ${made.code}: ${made.stderr}`);
  await cp(join(network.home, 'genesis.json'), join(home, 'genesis.json'));
  const record = JSON.parse(await readFile(join(network.home, 'network.json'), 'utf8')) as {
    peerPorts: readonly number[];
    peerIds: readonly string[];
  };
  const peers = record.peerPorts.map(
    (port, index) => `/ip4/127.0.0.1/tcp/${port}/p2p/${record.peerIds[index]}`,
  );
  const file = join(home, 'node0.yaml');
  const settings = await readFile(file, 'utf8');
  await writeFile(file, settings.replace('peers: []', `peers: ${JSON.stringify(peers)}`));
}
