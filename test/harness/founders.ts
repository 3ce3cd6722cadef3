import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLocalGenesis, type GenesisDocument } from '#genesis';
import type { SigningKey } from '#kernel';
import { decryptKey, parseKeyFile } from '#kernel/keystore';
import { nativeEd25519Key } from '#runtime';
import { node0, startNode0 } from './command.ts';
import { endProcess, freePort } from './network.ts';
import { until } from './until.ts';

/** A founder's home, as `node0 init` makes it. */
export interface Founder {
  readonly home: string;
  readonly name: string;
  readonly operator: string;
  readonly peer: string;
  readonly apiPort: number;
  readonly consensusKey: SigningKey;
  readonly operatorKey: SigningKey;
}

export async function makeFounder(home: string, name: string): Promise<Founder> {
  const [peerPort, apiPort] = [await freePort(), await freePort()];
  const listen = `/ip4/127.0.0.1/tcp/${peerPort}`;
  const parameters = ['--name', name, '--listen', listen, '--api', `127.0.0.1:${apiPort}`];
  const result = await node0(['init', '--home', home, ...parameters, '--generate-password', '--json']);
  assert.equal(result.code, 0, result.stderr);
  const made = JSON.parse(result.stdout) as { operator: string; peer: string };
  const [consensusKey, operatorKey] = await Promise.all([keyOf(home, 'consensus'), keyOf(home, 'operator')]);
  return { home, name, operator: made.operator, peer: made.peer, apiPort, consensusKey, operatorKey };
}

async function keyOf(home: string, name: string): Promise<SigningKey> {
  const file = parseKeyFile(await readFile(join(home, 'keys', `${name}.json`), 'utf8'));
  const password = (await readFile(join(home, 'password'), 'utf8')).trim();
  return nativeEd25519Key(await decryptKey(file, password));
}

/** A genesis that declares the founders with their peer addresses. */
export function genesisOf(
  founders: readonly Founder[],
  options: { timeMs: number; stakes: readonly bigint[]; chainId?: string },
): GenesisDocument {
  return createLocalGenesis({
    chainId: options.chainId ?? 'founders-1',
    timeMs: options.timeMs,
    accounts: [],
    validators: founders.map(({ name, consensusKey, operatorKey, peer }, index) => ({
      name,
      consensusKey,
      operatorKey,
      peer,
      stake: options.stakes[index] as bigint,
    })),
  });
}

export async function giveGenesis({ home }: Founder, text: string): Promise<void> {
  await writeFile(join(home, 'genesis.json'), text);
}

/** A process of `node0 start`, with what it printed. */
export class StartedNode {
  readonly child: ChildProcess;
  output = '';
  readonly #closed: Promise<unknown>;

  constructor(founder: Founder, parameters: readonly string[] = []) {
    this.child = startNode0(['start', '--home', founder.home, ...parameters]);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    this.#closed = once(this.child, 'close');
  }

  /** Waits until the node prints the text; fails at once when it ends first. */
  async prints(text: string): Promise<void> {
    await until(`"${text}" is printed`, async () => {
      if (this.output.includes(text)) return true;
      assert.equal(this.child.exitCode, null, this.output);
      return false;
    }).catch((cause: unknown) => {
      throw new Error(`${String(cause)}\n${this.output}`, { cause });
    });
  }

  /** The exit code, when the node has ended by itself and all that it printed is there. */
  async ended(): Promise<number> {
    const code = await until('the node ends', async () => this.child.exitCode ?? undefined);
    await this.#closed;
    return code;
  }

  stop(): Promise<number | null> {
    return endProcess(this.child);
  }
}

/** What a founder's node answers; `body` is parsed JSON. */
export async function getJson({ apiPort }: Founder, path: string): Promise<{ code: number; body: unknown }> {
  const response = await fetch(`http://127.0.0.1:${apiPort}${path}`);
  return { code: response.status, body: await response.json() };
}
