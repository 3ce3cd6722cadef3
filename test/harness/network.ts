import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../node/local-network/ports.ts';
import { node0, startNode0, type CommandResult } from './command.ts';
import { until } from './until.ts';

export interface NetworkStatus {
  readonly chainId: string;
  readonly genesisHash: string;
  readonly height: number;
  readonly blockHash: string;
  readonly stateRoot: string;
  readonly validators: number;
  readonly peers: number;
  readonly syncing: boolean;
}

/** A local network of real processes in a temporary home, as `node0 up` runs it. */
export class TestNetwork {
  readonly home: string;
  readonly port: number;
  #process: ChildProcess | undefined;
  #output = '';
  readonly #single = new Set<ChildProcess>();

  private constructor(home: string, port: number) {
    this.home = home;
    this.port = port;
  }

  static async create(): Promise<TestNetwork> {
    return new TestNetwork(join(await mkdtemp(join(tmpdir(), 'node0-')), 'home'), await freePort());
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Everything that the last `up` printed. */
  get output(): string {
    return this.#output;
  }

  /** Runs `up` and returns the milliseconds until it said that it is ready. */
  async up(parameters: readonly string[] = []): Promise<number> {
    const startedAt = performance.now();
    this.#output = '';
    const child = startNode0(['up', '--home', this.home, '--port', String(this.port), ...parameters]);
    this.#process = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    const outcome = await until('the network is ready', async () => {
      if (child.exitCode !== null) return 'ended';
      return this.#output.includes(`ready ${this.url}`) && 'ready';
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.#output}`, { cause: error });
    });
    if (outcome === 'ended') throw new Error(`up ended with ${child.exitCode}: ${this.#output}`);
    return performance.now() - startedAt;
  }

  /** Sends SIGTERM to `up` and waits for its end; returns its exit code. */
  async stop(): Promise<number | null> {
    for (const child of this.#single) await endProcess(child);
    const child = this.#process;
    this.#process = undefined;
    return child === undefined ? null : endProcess(child);
  }

  /** Stops what runs and removes the home. */
  async destroy(): Promise<void> {
    await this.stop();
    await rm(join(this.home, '..'), { recursive: true, force: true, maxRetries: 5 });
  }

  async validatorPid(index: number): Promise<number> {
    return Number(await readFile(join(this.home, 'validators', String(index), 'pid'), 'utf8'));
  }

  /** `kill -9` of a validator; returns when the process is gone. */
  async killValidator(index: number): Promise<void> {
    const pid = await this.validatorPid(index);
    process.kill(pid, 'SIGKILL');
    await until(`process ${pid} is gone`, async () => !isAlive(pid));
  }

  /** Starts a validator by hand, as the guide says. */
  startValidator(index: number, parameters: readonly string[] = []): void {
    const home = join(this.home, 'validators', String(index));
    const child = startNode0(['start', '--home', home, ...parameters]);
    child.stdout?.resume();
    child.stderr?.resume();
    this.#single.add(child);
    child.once('exit', () => this.#single.delete(child));
  }

  async get<Body>(path: string): Promise<Body> {
    const response = await fetch(`${this.url}/api/v2${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Body;
  }

  status(): Promise<NetworkStatus> {
    return this.get<NetworkStatus>('/status');
  }

  /** Waits until the chain is `heights` higher than now; returns the height. */
  async advance(heights: number): Promise<number> {
    const { height } = await this.status();
    return until(`${heights} more heights after ${height}`, async () => {
      const now = await this.status();
      return now.height >= height + heights ? now.height : undefined;
    });
  }

  /** Runs a command against this network. */
  node0(...parameters: string[]): Promise<CommandResult> {
    return node0([...parameters, '--home', this.home, '--node', this.url]);
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Sends SIGTERM and waits for the end; returns the exit code. */
export async function endProcess(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    await exit;
  }
  return child.exitCode;
}

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}
