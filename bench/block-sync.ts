import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { node0, startNode0 } from '../test/harness/command.ts';
import { freePort, type NetworkStatus, type TestNetwork } from '../test/harness/network.ts';
import { until } from '../test/harness/until.ts';

const WITHIN_MS = 300_000;

/** What a new node did. */
export interface BlockSyncReport {
  readonly height: number;
  /** From its start as a process to the tip that the network had then. */
  readonly seconds: number;
}

/** Starts a full node with an empty home, and measures how long it takes to the tip block by block. */
export async function syncFromZero(network: TestNetwork): Promise<BlockSyncReport> {
  const folder = await mkdtemp(join(tmpdir(), 'node0-sync-'));
  const home = join(folder, 'home');
  try {
    const apiPort = await freePort();
    await makeHome(network, home, apiPort);
    const { height } = await network.status();
    const startedMs = performance.now();
    const node = startNode0(['start', '--home', home]);
    node.stdout?.resume();
    node.stderr?.resume();
    try {
      const status = `http://127.0.0.1:${apiPort}/api/v2/status`;
      await until(
        `a new node is at height ${height}`,
        async () => {
          const response = await fetch(status).catch(() => undefined);
          if (response?.ok !== true) return false;
          return ((await response.json()) as NetworkStatus).height >= height;
        },
        { withinMs: WITHIN_MS },
      );
      return { height, seconds: (performance.now() - startedMs) / 1000 };
    } finally {
      const exit = once(node, 'exit');
      node.kill('SIGTERM');
      await exit;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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
