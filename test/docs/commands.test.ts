import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makeForeign } from '../../genesis/test/fixtures/foreign.ts';
import { ROOT } from '../harness/command.ts';
import { blocksOf, commandsOf, type Command } from '../harness/document.ts';
import { temporaryFolder } from '../harness/folder.ts';
import { endProcess, freePort } from '../harness/network.ts';
import { until } from '../harness/until.ts';

const LAUNCHER = join(ROOT, 'cli', 'bin', 'node0.mjs');
const FROZEN_GENESIS = join(ROOT, 'genesis', 'test', 'fixtures', 'frozen-genesis.json');

/** Commands that are not run, each with the reason. */
const SKIPPED: Readonly<Record<string, string>> = {
  'npm ci && npm test': 'it installs, and runs this very test',
};
/** Commands that are run in part. */
const SHORTENED: Readonly<Record<string, { readonly run: string; readonly reason: string }>> = {
  'npm ci && npm start': { run: 'npx node0 up', reason: 'it installs; "npm start" is checked to be this' },
};
/** Commands that are meant to fail with what the test gives them. */
const EXIT_CODES: Readonly<Record<string, { readonly code: number; readonly reason: string }>> = {
  'npx node0 genesis diff genesis.json other.json': { code: 1, reason: 'the documents differ' },
  [`npx node0 genesis validate genesis.json --json | jq -e 'all(.findings[]; .severity == "info")'`]: {
    code: 1,
    reason: 'the document has a warning, as the guide shows',
  },
};
/** Programs that a command needs and that do not come with the project. */
const TOOLS = ['curl', 'jq'].filter((tool) => spawnSync(tool, ['--version']).error !== undefined);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let port: number;
let environment: NodeJS.ProcessEnv;
before(async () => {
  folder = await temporaryFolder();
  port = await freePort();
  // `npx node0` in a folder without a package: the launcher of this repository.
  const programs = join(folder.path, 'programs');
  await mkdir(programs);
  const npx = `#!/bin/sh\n[ "$1" = node0 ] || { echo "npx $1 is not expected" >&2; exit 127; }\nshift\nexec "${process.execPath}" "${LAUNCHER}" "$@"\n`;
  await writeFile(join(programs, 'npx'), npx, { mode: 0o755 });
  const { NODE0_HOME: _, ...inherited } = process.env;
  environment = {
    ...inherited,
    PATH: `${programs}:${process.env['PATH'] ?? ''}`,
    NODE0_URL: `http://127.0.0.1:${port}`,
  };
});
after(() => folder.remove());

/** A genesis of another chain with a balance of the account whose mnemonic the guide imports. */
function foreignOfHolder() {
  const document = makeForeign();
  const { bank } = document.app_state;
  const coins = [{ denom: 'stake', amount: '1000000' }];
  bank.balances.push({ address: 'cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4', coins });
  bank.supply = [{ denom: 'stake', amount: '6000000' }];
  return document;
}

/** Runs the commands of documents in one folder, in order, and what they leave running. */
class Reader {
  readonly cwd: string;
  /** Text in commands that stands for something of the reader's own. */
  readonly placeholders: Record<string, string> = {};
  readonly #done = new Set<string>();
  readonly #running = new Set<ChildProcess>();
  #network: { child: ChildProcess; output: () => string } | undefined;

  constructor(cwd: string) {
    this.cwd = cwd;
  }

  async read(document: string): Promise<void> {
    const commands = commandsOf(await readFile(join(ROOT, document), 'utf8'));
    assert.ok(commands.length > 0, `${document} has no commands`);
    for (const command of commands) {
      try {
        await this.#run(command);
      } catch (error) {
        throw new Error(`${document}:${command.line}: ${command.text}\n${String(error)}`, { cause: error });
      }
    }
  }

  async close(): Promise<void> {
    for (const child of this.#running) await endProcess(child);
    await this.#stopNetwork();
  }

  async #run({ text }: Command): Promise<void> {
    if (SKIPPED[text] !== undefined) return;
    const missing = TOOLS.find((tool) => new RegExp(`\\b${tool}\\b`).test(text));
    if (missing !== undefined) {
      console.error(`SKIPPED: ${text}: there is no ${missing} on this machine`);
      return;
    }
    let line = SHORTENED[text]?.run ?? text;
    for (const [name, value] of Object.entries(this.placeholders)) line = line.replaceAll(name, value);
    line = line.replaceAll('127.0.0.1:8080', `127.0.0.1:${port}`);
    if (/^npx node0 up\b/.test(line)) {
      // A rehearsal that a document before has word for word is not held twice.
      if (this.#done.has(line) && line.includes('--genesis')) return;
      this.#done.add(line);
      await this.#up(line);
    } else if (/^npx node0 (start|signer --home)\b/.test(line)) await this.#start(line);
    else await this.#toItsEnd(line, EXIT_CODES[text]?.code ?? 0);
  }

  /** One network at a time: the one before is stopped by Ctrl-C. */
  async #up(line: string): Promise<void> {
    await this.#stopNetwork();
    const withPort = `${line.replace(/ --port \d+/, '')} --port ${port}`;
    const { child, output } = this.#spawn(withPort);
    this.#network = { child, output };
    const outcome = await until('the network is ready', async () =>
      child.exitCode !== null ? 'ended' : output().includes(`ready http://127.0.0.1:${port}`) && 'ready',
    );
    assert.equal(outcome, 'ready', output());
  }

  async #start(line: string): Promise<void> {
    const { child, output } = this.#spawn(line);
    this.#running.add(child);
    const outcome = await until('the node has started', async () =>
      child.exitCode !== null ? 'ended' : output().includes('started ') && 'started',
    );
    assert.equal(outcome, 'started', output());
  }

  async #toItsEnd(line: string, code: number): Promise<void> {
    const { child, output } = this.#spawn(line);
    const late = setTimeout(() => child.kill('SIGTERM'), 180_000);
    await new Promise((resolve) => child.once('close', resolve));
    clearTimeout(late);
    assert.equal(child.exitCode, code, output());
  }

  async #stopNetwork(): Promise<void> {
    const network = this.#network;
    this.#network = undefined;
    if (network === undefined) return;
    network.child.kill('SIGINT');
    await until('the network has stopped', async () => network.child.exitCode !== null);
    assert.equal(network.child.exitCode, 0, network.output());
    // What was started by hand is stopped with its network.
    for (const child of this.#running) await endProcess(child);
    this.#running.clear();
  }

  #spawn(line: string): { child: ChildProcess; output: () => string } {
    const script = /^npx node0 (up|start|signer --home)\b/.test(line) ? `exec ${line}` : line;
    const child = spawn('bash', ['-o', 'pipefail', '-c', script], {
      cwd: this.cwd,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    return { child, output: () => output };
  }
}

// The commands of docs/guides/validators.md need epochs of seconds: test/e2e/validators.test.ts runs them.
describe('the commands of the documents', () => {
  it('begin with npm start, which runs a local network', async () => {
    const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
      bin: Record<string, string>;
    };
    assert.equal(manifest.scripts['start'], 'node cli/bin/node0.mjs up');
    assert.equal(manifest.bin['node0'], './cli/bin/node0.mjs');
  });

  it('are each known by their text when they are not run as they are', async () => {
    const documents = [
      'README.md',
      'docs/guides/local-network.md',
      'docs/guides/api.md',
      'docs/guides/genesis.md',
      'docs/guides/founding.md',
      'docs/guides/simulation.md',
      'docs/guides/recovery.md',
      'docs/guides/signer.md',
    ];
    const texts = await Promise.all(documents.map((document) => readFile(join(ROOT, document), 'utf8')));
    const commands = new Set(texts.flatMap((text) => commandsOf(text).map(({ text: command }) => command)));
    const listed = [SKIPPED, SHORTENED, EXIT_CODES].flatMap((list) => Object.keys(list));
    assert.deepEqual(
      listed.filter((text) => !commands.has(text)),
      [],
      'no document has these commands any more',
    );
  });

  it('of README, local network and API work on a network, in order', async () => {
    const cwd = join(folder.path, 'network');
    await mkdir(cwd);
    await writeFile(join(cwd, 'genesis.json'), JSON.stringify(makeForeign()));
    const reader = new Reader(cwd);
    try {
      await reader.read('README.md');
      await reader.read('docs/guides/local-network.md');
      const bob = join(cwd, '.node0', 'accounts', 'bob.json');
      const { address } = JSON.parse(await readFile(bob, 'utf8')) as { address: string };
      reader.placeholders['ADDRESS'] = address;
      await reader.read('docs/guides/api.md');
    } finally {
      await reader.close();
    }
  });

  it('of the runbook for operators work on a network, in order', async () => {
    const cwd = join(folder.path, 'recovery');
    await mkdir(cwd);
    const reader = new Reader(cwd);
    try {
      await reader.read('docs/guides/recovery.md');
    } finally {
      await reader.close();
    }
  });

  it('of the genesis guide work on the document that it shows', async () => {
    const cwd = join(folder.path, 'genesis');
    await mkdir(cwd);
    await copyFile(FROZEN_GENESIS, join(cwd, 'genesis.json'));
    const other = (await readFile(FROZEN_GENESIS, 'utf8')).replace(
      '"initialHeight": "17"',
      '"initialHeight": "18"',
    );
    await writeFile(join(cwd, 'other.json'), other);
    await writeFile(join(cwd, 'cosmoshub.json'), JSON.stringify(foreignOfHolder()));
    await writeFile(join(cwd, 'words.txt'), `${'abandon '.repeat(11)}about\n`);
    const reader = new Reader(cwd);
    try {
      await reader.read('docs/guides/genesis.md');
    } finally {
      await reader.close();
    }
  });

  it('of the founders’ guide lead from an empty folder to blocks of a sealed genesis', async () => {
    const cwd = join(folder.path, 'founding');
    await mkdir(cwd);
    const reader = new Reader(cwd);
    // The chain begins at once, and nobody else's ports are in the way.
    reader.placeholders['+6h'] = '+1s';
    for (const taken of [26656, 26657, 26658, 26659])
      reader.placeholders[String(taken)] = String(await freePort());
    try {
      await reader.read('docs/guides/founding.md');
      await until('the founders’ chain has blocks', async () => {
        const response = await fetch(`http://127.0.0.1:${port}/api/v2/status`);
        return ((await response.json()) as { height: number }).height >= 2;
      });
    } finally {
      await reader.close();
    }
  });

  it('of the signer’s guide lead to a validator of two nodes, one of which takes over', async () => {
    const cwd = join(folder.path, 'signer');
    await mkdir(cwd);
    const reader = new Reader(cwd);
    reader.placeholders['+6h'] = '+1s';
    const apiOfStandby = await freePort();
    reader.placeholders['127.0.0.1:8081'] = `127.0.0.1:${apiOfStandby}`;
    for (const taken of [26656, 26657, 26659]) reader.placeholders[String(taken)] = String(await freePort());
    try {
      await reader.read('docs/guides/signer.md');
      // The node that signed at first was killed: what is final from here on was signed through the other.
      const height = async (): Promise<number> => {
        const response = await fetch(`http://127.0.0.1:${apiOfStandby}/api/v2/status`);
        return ((await response.json()) as { height: number }).height;
      };
      const from = await height();
      await until('there are more blocks', async () => (await height()) > from + 1);
    } finally {
      await reader.close();
    }
  });

  it('of the simulation guide work', async () => {
    const cwd = join(folder.path, 'simulation');
    await mkdir(cwd);
    const reader = new Reader(cwd);
    try {
      await reader.read('docs/guides/simulation.md');
    } finally {
      await reader.close();
    }
  });

  it('print what the genesis guide shows', async () => {
    const guide = await readFile(join(ROOT, 'docs/guides/genesis.md'), 'utf8');
    const { stdout, status } = spawnSync(
      process.execPath,
      [LAUNCHER, 'genesis', 'validate', FROZEN_GENESIS],
      {
        encoding: 'utf8',
      },
    );
    assert.equal(status, 0);
    const shown = blocksOf(guide).filter(({ language }) => language === '');
    assert.ok(
      shown.some(({ text }) => text.trimEnd() === stdout.trimEnd()),
      stdout,
    );
    const { genesisHash } = JSON.parse(
      spawnSync(process.execPath, [LAUNCHER, 'genesis', 'hash', FROZEN_GENESIS, '--json'], {
        encoding: 'utf8',
      }).stdout,
    ) as { genesisHash: string };
    assert.ok(
      blocksOf(guide).some(({ language, text }) => language === 'yaml' && text.includes(genesisHash)),
    );
  });
});

describe('the links of the documents', () => {
  it('lead to files that are there', async () => {
    const documents = [
      'README.md',
      'ARCHITECTURE.md',
      'CONTRIBUTING.md',
      'docs/guides/local-network.md',
      'docs/guides/api.md',
      'docs/guides/genesis.md',
      'docs/guides/founding.md',
      'docs/guides/recovery.md',
      'docs/guides/signer.md',
      'docs/performance.md',
      'docs/guides/simulation.md',
      'docs/guides/chaos.md',
      'docs/guides/validators.md',
    ];
    const broken: string[] = [];
    for (const document of documents) {
      const text = await readFile(join(ROOT, document), 'utf8');
      for (const [, target = ''] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        if (!existsSync(join(ROOT, dirname(document), target))) broken.push(`${document}: ${target}`);
      }
    }
    assert.deepEqual(broken, []);
  });
});
