import assert from 'node:assert/strict';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { loadGenesis } from '#genesis';
import { toHex } from '#kernel';
import { systemClock } from '#runtime';
import { makeForeign } from '../../genesis/test/fixtures/foreign.ts';
import { node0, startNode0 } from '../harness/command.ts';
import { contentOf, temporaryFolder } from '../harness/folder.ts';
import { endProcess, freePort } from '../harness/network.ts';
import { makeNodeHome, type NodeHome } from '../harness/node-home.ts';
import { assertAllRefused, assertRefused, type Refusal } from '../harness/refusal.ts';
import { until } from '../harness/until.ts';

/** What a running node writes by itself. */
const RUNNING = /(^|\/)(data|pid|[\w.]+\.log)(\/|$)/;
const LOGS = /\.log$/;
const HASH = '0'.repeat(64);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
before(async () => {
  folder = await temporaryFolder();
});
after(() => folder.remove());

const inFolder = (...names: string[]): string => join(folder.path, ...names);

describe('a command line that is not as expected', () => {
  it('ends with exit code 2, says what is wrong, and suggests what may be meant', async () => {
    const usage = (parameters: readonly string[], says: RegExp): Refusal => ({
      parameters,
      code: 'cli.usage',
      says,
      exit: 2,
    });
    await assertRefused(usage(['upp'], /unknown command 'upp'\s+\(Did you mean up\?\)/));
    await assertRefused(usage(['up', '--validater', '3'], /\(Did you mean --validators\?\)/));
    await assertAllRefused([
      usage(['query', 'stauts'], /\(Did you mean status\?\)/),
      usage(['up', '--validators', '0'], /from 1 to 64/),
      usage(['up', '--port', 'web'], /from 1 to 65535/),
      usage(['up', 'here'], /too many arguments/),
      usage(['start'], /required option '--home <dir>'/),
      usage(['genesis', 'validate'], /missing required argument 'file'/),
      usage(['tx', 'transfer', '--to', 'bob', '--amount', '1'], /required option '--from/),
      usage(['query', 'status', '--node', 'nowhere'], /is not a URL/),
    ]);
  });

  it('is told when no node answers', async () => {
    const node = `http://127.0.0.1:${await freePort()}`;
    await assertAllRefused([
      { parameters: ['query', 'status', '--node', node], code: 'cli.node-unreachable', says: /node0 up/ },
      {
        parameters: ['query', 'account', 'nobody', '--home', inFolder('none'), '--node', node],
        code: 'cli.key-not-found',
        says: /node0 keys create/,
      },
    ]);
  });
});

describe('a node that must not start', () => {
  let home: NodeHome;
  let content: Record<string, string>;
  let genesisHash: string;
  before(async () => {
    home = await makeNodeHome(inFolder('node'));
    const genesis = JSON.parse(await readFile(join(home.path, 'genesis.json'), 'utf8')) as {
      totalSupply: string;
    };
    await writeFile(join(home.path, 'bad.json'), JSON.stringify({ ...genesis, totalSupply: '1' }));
    const old = { ...genesis, genesisTime: '2020-01-01T00:00:00.000Z' };
    await writeFile(join(home.path, 'old.json'), JSON.stringify(old));
    const seal = { kind: 'bizra-seal', version: 1, chainId: 'alone-1', genesisHash: HASH, approvals: [] };
    await writeFile(join(home.path, 'seal.json'), JSON.stringify(seal));
    const bytes = await readFile(join(home.path, 'genesis.json'));
    genesisHash = toHex((await loadGenesis(bytes, { clock: systemClock })).genesisHash);
    await writeFile(join(home.path, 'empty-seal.json'), JSON.stringify({ ...seal, genesisHash }));
    await writeFile(join(home.path, 'cut.json'), JSON.stringify(genesis).slice(0, -20));
    await writeFile(join(home.path, 'foreign.json'), JSON.stringify(makeForeign()));
    await writeFile(join(home.path, 'empty'), '');
    await writeFile(join(home.path, 'wrong'), 'not the password\n');
    content = await contentOf(home.path, LOGS);
  });

  const set = (setting: string): string[] => ['start', '--home', home.path, '--set', setting];
  const assertUntouched = async (): Promise<void> =>
    assert.deepEqual(await contentOf(home.path, LOGS), content);

  it('refuses a genesis that is invalid, missing, foreign or another than expected', async () => {
    await assertRefused({
      parameters: ['start', '--home', home.path, '--genesis-hash', HASH],
      code: 'genesis.unexpected-hash',
      says: new RegExp(`has the hash [0-9a-f]{64}; expected is ${HASH}`),
    });
    await assertAllRefused([
      {
        parameters: set('chain.genesis=bad.json'),
        code: 'genesis.invalid',
        says: /\[genesis\.\S+, at \/totalSupply\]/,
      },
      { parameters: set('chain.genesis=cut.json'), code: 'genesis.invalid', says: /genesis validate/ },
      {
        parameters: set('chain.genesis=foreign.json'),
        code: 'genesis.invalid',
        says: /node0 genesis import/,
      },
      {
        parameters: set('chain.genesis=none.json'),
        code: 'home.unreadable',
        says: /none\.json cannot be read/,
      },
    ]);
    await assertUntouched();
  });

  it('refuses a genesis that is too old for a new chain, and says how to join one that runs', async () => {
    await assertRefused({
      parameters: set('chain.genesis=old.json'),
      code: 'genesis.too-old',
      says: /2020-01-01T00:00:00\.000Z is \d+ d .*in the past.*168 h.*set chain\.maxGenesisAgeHours: 0/,
    });
    await assertUntouched();
  });

  it('refuses a genesis without the seal that is asked for, and a seal that is not its own', async () => {
    await assertRefused({
      parameters: set('chain.requireSeal=true'),
      code: 'genesis.unsealed',
      says: new RegExp(`${genesisHash} has no seal.*chain\\.seal`),
    });
    const seal = (file: string): string[] => ['start', '--home', home.path, '--seal', join(home.path, file)];
    await assertAllRefused([
      {
        parameters: seal('seal.json'),
        code: 'genesis.seal-mismatch',
        says: new RegExp(`of the genesis ${HASH} .*this node's genesis is ${genesisHash}`),
      },
      {
        parameters: seal('empty-seal.json'),
        code: 'genesis.seal-incomplete',
        says: /holds 0 of 1000000000000 staked/,
      },
      { parameters: seal('genesis.json'), code: 'genesis.seal-malformed' },
      {
        parameters: seal('none.json'),
        code: 'home.unreadable',
        says: /the seal .*none\.json cannot be read/,
      },
      {
        parameters: set('chain.requireSeal=perhaps'),
        code: 'configuration.invalid-setting',
        says: /accepted is true or false/,
      },
    ]);
    await assertUntouched();
  });

  it('refuses a configuration that has a slip in it, and says where and what is accepted', async () => {
    await assertRefused({
      parameters: set('mempool.maxTransaction=5'),
      code: 'configuration.unknown-setting',
      says: /in the command line.*did you mean mempool\.maxTransactions\?/,
    });
    const files = {
      typo: 'netwrok: { listen: [] }\n',
      value: 'api: { listen: 70000 }\n',
      yaml: 'api: { listen: [\n',
    };
    const file = (name: keyof typeof files): string[] => [
      'start',
      '--home',
      home.path,
      '--config',
      inFolder(`${name}.yaml`),
    ];
    for (const [name, text] of Object.entries(files)) await writeFile(inFolder(`${name}.yaml`), text);
    await assertAllRefused([
      {
        parameters: file('typo'),
        code: 'configuration.unknown-setting',
        says: /netwrok\.listen .*typo\.yaml.*did you mean network\.listen\?/,
      },
      {
        parameters: file('value'),
        code: 'configuration.invalid-setting',
        says: /70000; accepted is HOST:PORT/,
      },
      { parameters: file('yaml'), code: 'configuration.malformed', says: /not YAML/ },
      {
        parameters: set('mempool.maxTransactions=many'),
        code: 'configuration.invalid-setting',
        says: /"many"; accepted is a whole number from 1 to/,
      },
      {
        parameters: ['start', '--home', home.path],
        code: 'configuration.unknown-setting',
        says: /did you mean NODE0_API_LISTEN\?/,
        env: { NODE0_API_LISTN: 'x' },
      },
      {
        parameters: ['start', '--home', inFolder('nowhere')],
        code: 'configuration.unreadable',
        says: /node0 up/,
      },
    ]);
    await assertUntouched();
    assert.deepEqual(await contentOf(inFolder('nowhere')), {});
  });

  it('refuses keys that it cannot open', async () => {
    await assertRefused({
      parameters: set('keys.passwordFile=wrong'),
      code: 'kernel.keystore-password',
      says: /the password does not open the key/,
    });
    await assertAllRefused([
      {
        parameters: set('keys.passwordFile=none'),
        code: 'home.unreadable',
        says: /password file .*none cannot be read/,
      },
      { parameters: set('keys.passwordFile=empty'), code: 'home.password-missing' },
      { parameters: set('consensus.key=none.json'), code: 'home.unreadable', says: /key file .*none\.json/ },
      { parameters: set('consensus.key=genesis.json'), code: 'kernel.keystore-malformed' },
    ]);
    await assertUntouched();
  });
});

describe('a home that must not be made', () => {
  const init = (...parameters: string[]): string[] => ['init', '--home', inFolder('made'), ...parameters];

  it('is refused, and leaves nothing behind', async () => {
    await assertAllRefused([
      { parameters: init('--name', 'a b', '--generate-password'), code: 'configuration.invalid-setting' },
      { parameters: init('--name', 'a'), code: 'cli.password-missing', says: /NODE0_PASSWORD/ },
      {
        parameters: init('--name', 'a', '--password-file', inFolder('no')),
        code: 'cli.file-unreadable',
        exit: 2,
      },
      {
        parameters: init('--name', 'a', '--password-file', inFolder('no'), '--generate-password'),
        code: 'cli.usage',
        exit: 2,
      },
      { parameters: init('--generate-password'), code: 'cli.usage', says: /--name/, exit: 2 },
    ]);
    assert.deepEqual(await contentOf(inFolder('made')), {});
  });

  it('is never made over another', async () => {
    const parameters = init('--name', 'a', '--generate-password');
    const made = await node0(parameters);
    assert.equal(made.code, 0, made.stderr);
    const content = await contentOf(inFolder('made'));
    await assertRefused({
      parameters,
      code: 'home.file-exists',
      says: /nothing of a home is ever overwritten/,
    });
    assert.deepEqual(await contentOf(inFolder('made')), content);
    const shown = await node0(['keys', 'show', 'operator', '--home', inFolder('made')]);
    assert.ok(shown.code === 0 && made.stdout.includes(shown.stdout.match(/bizra1\w+/)?.[0] ?? 'nothing'));
  });
});

describe('a node beside one that runs', () => {
  let home: NodeHome;
  let child: ChildProcess;
  const start = async (parameters: readonly string[] = []): Promise<void> => {
    child = startNode0(['start', '--home', home.path, ...parameters]);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    await until('the node has started', async () => {
      if (output.includes('started alone')) return true;
      return child.exitCode !== null && 'ended';
    });
    assert.equal(child.exitCode, null, output);
  };
  const height = async (): Promise<number> => {
    const response = await fetch(`http://127.0.0.1:${home.apiPort}/api/v2/status`);
    return ((await response.json()) as { height: number }).height;
  };
  const assertGoesOn = async (): Promise<void> => {
    const from = await height();
    await until('one more height', async () => (await height()) > from);
  };
  before(async () => {
    home = await makeNodeHome(inFolder('first'));
    await start();
  });
  after(() => endProcess(child));

  it('is refused in the same home, even when the pid file is gone', async () => {
    const parameters = ['start', '--home', home.path];
    const content = await contentOf(home.path, /(^|\/)data\/|\.log$/);
    await assertRefused({
      parameters,
      code: 'home.in-use',
      says: new RegExp(`process ${child.pid} runs the node in`),
    });
    assert.deepEqual(await contentOf(home.path, /(^|\/)data\/|\.log$/), content);
    await rm(join(home.path, 'pid'));
    await assertAllRefused([{ parameters, code: 'engine.state.already-open' }]);
    await assertGoesOn();
  });

  it('is refused when its ports are taken', async () => {
    const other = inFolder('second');
    // The same ports, chain and keys in another home.
    await cp(home.path, other, {
      recursive: true,
      filter: (path) => !RUNNING.test(path.slice(home.path.length)),
    });
    const content = await contentOf(other, RUNNING);
    const listen = `network.listen=/ip4/127.0.0.1/tcp/${await freePort()}`;
    // One after the other: each opens the state before it comes to its port.
    await assertAllRefused([
      {
        parameters: ['start', '--home', other],
        code: 'network.listen-failed',
        says: new RegExp(`cannot listen on \\S+/${home.peerPort}: [\\s\\S]*free the port`),
      },
    ]);
    await assertAllRefused([
      {
        parameters: ['start', '--home', other, '--set', listen],
        code: 'home.port-in-use',
        says: new RegExp(`port ${home.apiPort} of 127\\.0\\.0\\.1 is in use`),
      },
    ]);
    assert.deepEqual(await contentOf(other, RUNNING), content);
    await assertGoesOn();
  });

  it('is refused in the home of another chain, which it leaves as it is', async () => {
    const other = await makeNodeHome(inFolder('third'), 'other-1');
    await endProcess(child);
    const last = join(other.path, 'genesis.json');
    const content = await contentOf(home.path, RUNNING);
    await assertAllRefused([
      {
        parameters: ['start', '--home', home.path, '--set', `chain.genesis=${last}`],
        code: 'blockchain.other-chain',
        says: /the data are of alone-1 .*not of other-1/,
      },
    ]);
    assert.deepEqual(await contentOf(home.path, RUNNING), content);
    await start();
    assert.ok((await height()) > 0);
    await assertGoesOn();
  });
});
