import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNode0 } from '../command.ts';
import { endProcess, freePort, TestNetwork } from '../network.ts';
import { LosableDisk, type Chance, type Loss, type PowerLossLibrary } from '../power-loss/power-loss.ts';

export const VALIDATORS = 4;

/** A node whose process is killed and started again, and what it said. */
export class CrashNode {
  readonly name: string;
  readonly home: string;
  readonly url: string;
  readonly #parameters: readonly string[];
  readonly #disk: LosableDisk | undefined;
  #child: ChildProcess | undefined;
  #output = '';
  /** Why the process ended by itself, if it ever did. */
  ended: string | undefined;

  constructor(place: { name: string; home: string; apiPort: number }, disk: LosableDisk | undefined) {
    this.name = place.name;
    this.home = place.home;
    this.url = `http://127.0.0.1:${place.apiPort}`;
    this.#parameters = ['start', '--home', place.home, '--set', `api.listen=127.0.0.1:${place.apiPort}`];
    this.#disk = disk;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  async start(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    const disk = await this.#disk?.environment(environment);
    const child = startNode0(this.#parameters, { env: disk ?? {} });
    this.#child = child;
    this.#output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    }
    child.once('exit', (code, signal) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      // A kill that the environment asked for is no end of its own.
      if (signal === 'SIGKILL' && 'POWERLOSS_DIE_AT' in environment) return;
      this.ended ??= `${this.name} ended by itself (${code ?? signal}): ${this.#output}`;
    });
  }

  /** `kill -9`; returns when the process is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  /** Resolves when the process killed itself, as the environment asked. */
  async died(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null)
      await once(child, 'exit');
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child !== undefined) await endProcess(child);
  }

  /** Power comes back: what was not synced is gone. */
  losePower(loss: Loss, chance: Chance): Promise<{ writes: number; names: number }> {
    return this.#disk?.lose(loss, chance) ?? Promise.resolve({ writes: 0, names: 0 });
  }

  /** An answer of its API; undefined while it does not answer. */
  async get<Body>(path: string): Promise<Body | undefined> {
    try {
      const response = await fetch(`${this.url}/api/v2${path}`, { signal: AbortSignal.timeout(5_000) });
      return response.ok ? ((await response.json()) as Body) : undefined;
    } catch {
      return undefined;
    }
  }
}

/** Four validators and a full node, each a process that can be killed at any instant, with an API of its own. */
export interface CrashNetwork {
  readonly home: string;
  readonly validators: readonly CrashNode[];
  readonly platform: CrashNode;
  readonly nodes: readonly CrashNode[];
  /** Dial address of each validator. */
  readonly peers: readonly string[];
  readonly genesisHash: string;
  readonly chainId: string;
  destroy(): Promise<void>;
}

/** @param library where power can be lost */
export async function makeCrashNetwork(library: PowerLossLibrary | undefined): Promise<CrashNetwork> {
  const made = await TestNetwork.create();
  // The first start makes homes, keys and genesis.
  await made.up(['--validators', String(VALIDATORS)]);
  await made.stop();
  const record = JSON.parse(await readFile(join(made.home, 'network.json'), 'utf8')) as {
    chainId: string;
    genesisHash: string;
    peerPorts: number[];
    peerIds: string[];
  };
  const notes = await mkdtemp(join(tmpdir(), 'node0-notes-'));
  const nodes: CrashNode[] = [];
  for (let index = 0; index <= VALIDATORS; index++) {
    const isPlatform = index === VALIDATORS;
    const name = isPlatform ? 'platform' : `validator-${index}`;
    const home = isPlatform ? join(made.home, 'platform') : join(made.home, 'validators', String(index));
    const disk = library && new LosableDisk(library, join(home, 'data'), join(notes, name));
    nodes.push(new CrashNode({ name, home, apiPort: await freePort() }, disk));
  }
  const peers = record.peerPorts
    .slice(0, VALIDATORS)
    .map((port, index) => `/ip4/127.0.0.1/tcp/${port}/p2p/${record.peerIds[index]}`);
  return {
    home: made.home,
    validators: nodes.slice(0, VALIDATORS),
    platform: nodes[VALIDATORS] as CrashNode,
    nodes,
    peers,
    genesisHash: record.genesisHash,
    chainId: record.chainId,
    async destroy() {
      for (const node of nodes) await node.kill();
      await made.destroy();
      await rm(notes, { recursive: true, force: true });
    },
  };
}
