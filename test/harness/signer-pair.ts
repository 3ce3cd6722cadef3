import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { node0, startNode0 } from './command.ts';
import { genesisOf, getJson, giveGenesis, makeFounder, type Founder } from './founders.ts';
import { endProcess, freePort } from './network.ts';
import { until } from './until.ts';

/** A process that is paused, killed and started again; its output is kept over all its lives. */
export class Process {
  readonly name: string;
  readonly #parameters: readonly string[];
  #child: ChildProcess | undefined;
  output = '';

  constructor(name: string, parameters: readonly string[]) {
    this.name = name;
    this.#parameters = parameters;
  }

  async start(): Promise<void> {
    const from = this.output.length;
    const child = startNode0(this.#parameters);
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    await this.prints('\nstarted ', from);
  }

  /** Waits until the text is printed after a place in the output. */
  async prints(text: string, from: number): Promise<void> {
    await until(`${this.name} prints "${text.trim()}"`, async () => {
      if (`\n${this.output.slice(from)}`.includes(text)) return true;
      assert.equal(this.#child?.exitCode, null, this.output.slice(from));
      return false;
    });
  }

  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  async stop(): Promise<void> {
    this.resume();
    if (this.#child !== undefined) await endProcess(this.#child);
  }
}

/** A node of the network with its process. */
export interface Member {
  readonly founder: Founder;
  readonly process: Process;
}

/** Two validators with keys of their own, and one that is two nodes and a signer. */
export interface PairNetwork {
  readonly plain: readonly [Member, Member];
  readonly pair: readonly [Member, Member];
  readonly signer: Process;
  readonly signerHome: string;
  readonly genesisHash: string;
  /** Address of the validator that is a pair. */
  readonly consensusKey: string;
  stop(): Promise<void>;
}

/** The pair has a fifth of the power: blocks go on without it. */
const STAKES = [4n * 10n ** 12n, 4n * 10n ** 12n, 2n * 10n ** 12n];

/** Makes homes, genesis and signer under `path`; starts nothing. */
export async function makePairNetwork(path: string): Promise<PairNetwork> {
  const names = ['alpha', 'beta', 'gamma', 'standby'];
  const founders = await Promise.all(names.map((name) => makeFounder(join(path, name), name)));
  const [alpha, beta, gamma, standby] = founders as [Founder, Founder, Founder, Founder];
  const document = genesisOf([alpha, beta, gamma], { timeMs: Date.now(), stakes: STAKES });
  const text = JSON.stringify({
    ...document,
    consensus: { ...document.consensus, emptyBlockIntervalMs: '500' },
  });
  for (const founder of founders) await giveGenesis(founder, text);
  const hashed = await node0(['genesis', 'hash', join(alpha.home, 'genesis.json'), '--json']);
  const { genesisHash } = JSON.parse(hashed.stdout) as { genesisHash: string };
  const signerHome = join(path, 'signer');
  const listen = `/ip4/127.0.0.1/tcp/${await freePort()}`;
  const serve = ['--serve', gamma.home, '--serve', standby.home, '--from', gamma.home];
  const init = [
    '--home',
    signerHome,
    '--listen',
    listen,
    '--genesis-hash',
    genesisHash,
    '--generate-password',
  ];
  const made = await node0(['signer', 'init', ...init, ...serve, '--json']);
  assert.equal(made.code, 0, made.stderr);
  const { consensusKey } = JSON.parse(made.stdout) as { consensusKey: string };
  const address = (await readFile(join(signerHome, 'address'), 'utf8')).trim();
  const remote = ['consensus.key=', `signer.address=${address}`, `signer.consensusKey=${consensusKey}`];
  const member = (founder: Founder, settings: readonly string[]): Member => {
    const set = ['storage.profile=local', ...settings].flatMap((setting) => ['--set', setting]);
    return { founder, process: new Process(founder.name, ['start', '--home', founder.home, ...set]) };
  };
  const plain = [member(alpha, []), member(beta, [])] as const;
  const pair = [member(gamma, remote), member(standby, remote)] as const;
  // A short lease, as the test waits for its end again and again, but none that a start beside it makes end.
  const signer = new Process('signer', ['signer', '--home', signerHome, '--set', 'signer.leaseMs=2000']);
  const processes = [...plain, ...pair].map(({ process }) => process);
  const stop = async () => void (await Promise.all([...processes, signer].map((process) => process.stop())));
  return { plain, pair, signer, signerHome, genesisHash, consensusKey, stop };
}

export async function heightOf({ founder }: Member): Promise<number> {
  const { body } = await getJson(founder, '/api/v2/status');
  return (body as { height: number }).height;
}

/** Waits until the member's chain is so many heights higher. */
export async function advance(member: Member, heights: number): Promise<number> {
  const from = await heightOf(member);
  return until(`${heights} heights after ${from}`, async () => {
    const height = await heightOf(member);
    return height >= from + heights && height;
  });
}
