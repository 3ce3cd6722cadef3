import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makeForeign } from '../../genesis/test/fixtures/foreign.ts';
import { node0 } from '../harness/command.ts';
import { contentOf, temporaryFolder } from '../harness/folder.ts';
import { TestNetwork, freePort } from '../harness/network.ts';
import { assertAllRefused, assertRefused, type Refusal } from '../harness/refusal.ts';

/** What a running network writes by itself. */
const RUNNING = /(^|\/)(data|pid|[\w.]+\.log)(\/|$)/;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
before(async () => {
  folder = await temporaryFolder();
});
after(() => folder.remove());

const inFolder = (...names: string[]): string => join(folder.path, ...names);

/** A process that listens on a port of its own until `close`. */
async function takePort(): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const close = async (): Promise<void> => {
    server.close();
    await once(server, 'close');
  };
  return { port: address.port, close };
}

describe('a local network that must not start', () => {
  it('is refused before anything is made', async (t) => {
    const keys = inFolder('keys');
    const foreign = inFolder('foreign.json');
    await writeFile(foreign, JSON.stringify(makeForeign()));
    const genesis = inFolder('own.json');
    const imported = await node0([
      'genesis',
      'import',
      foreign,
      '--out',
      genesis,
      '--keys',
      keys,
      '--validators',
      '2',
    ]);
    assert.equal(imported.code, 0, imported.stderr);
    const bad = inFolder('bad.json');
    await writeFile(
      bad,
      JSON.stringify({ ...JSON.parse(await readFile(genesis, 'utf8')), totalSupply: '1' }),
    );
    await mkdir(inFolder('no-keys'));
    await cp(keys, inFolder('other-keys'), { recursive: true });
    await writeFile(inFolder('other-keys', 'password'), 'another password\n');
    const taken = await takePort();
    t.after(taken.close);
    // Several commands run at once, and each tries whether its port is free.
    const free = await Promise.all(Array.from({ length: 2 * 10 }, freePort));
    const home = inFolder('new', 'home');
    // A folder that somebody made already, and is empty.
    const empty = inFolder('empty-home');
    await mkdir(empty);
    const up = (...parameters: string[]): string[] => ['up', '--port', String(free.pop()), ...parameters];
    const refusalsIn = (at: string): Refusal[] => [
      { parameters: up('--home', at, '--genesis', bad), code: 'genesis.invalid', says: /genesis validate/ },
      { parameters: up('--home', at, '--genesis', inFolder('none.json')), code: 'home.unreadable' },
      {
        parameters: up('--home', at, '--genesis', genesis, '--keys', inFolder('no-keys')),
        code: 'home.keys-missing',
        says: /no key file for 2 of the 2 validators .*--keys/,
      },
      {
        parameters: up('--home', at, '--genesis', genesis, '--keys', inFolder('nowhere')),
        code: 'home.unreadable',
      },
      {
        parameters: up('--home', at, '--genesis', genesis, '--keys', inFolder('other-keys')),
        code: 'kernel.keystore-password',
      },
      {
        parameters: up('--home', at, '--genesis', foreign, '--validators', '5'),
        code: 'genesis.not-importable',
      },
      {
        parameters: up('--home', at, '--genesis', foreign, '--denom', 'gold'),
        code: 'genesis.not-importable',
      },
      {
        parameters: up('--home', at, '--set', 'log.levle=debug'),
        code: 'configuration.unknown-setting',
        says: /did you mean log\.level\?/,
      },
      {
        parameters: ['up', '--home', at, '--port', String(taken.port)],
        code: 'home.port-in-use',
        says: new RegExp(`port ${taken.port} of 127\\.0\\.0\\.1 is in use; choose another with --port`),
      },
      {
        parameters: up('--home', at, '--detach', '--genesis', bad),
        code: 'cli.not-started',
        says: /totalSupply.*\[genesis\.invalid\]/,
      },
    ];
    await assertAllRefused(refusalsIn(home));
    const late = ['genesis.invalid', 'kernel.keystore-password', 'cli.not-started'];
    await assertAllRefused(refusalsIn(empty).filter(({ code }) => late.includes(code)));
    assert.deepEqual(await contentOf(inFolder('new')), {});
    assert.deepEqual(Object.keys(await contentOf(empty)), ['supervisor.log']);
  });
});

describe('commands beside a local network', () => {
  let network: TestNetwork;
  before(async () => {
    network = await TestNetwork.create();
    await network.up(['--validators', '1']);
  });
  after(() => network.destroy());

  it('do not disturb it while it runs', async () => {
    const content = await contentOf(network.home, RUNNING);
    const validator = await network.validatorPid(0);
    const up = ['up', '--home', network.home, '--port'];
    await assertRefused({
      parameters: [...up, String(network.port)],
      code: 'home.in-use',
      says: /process \d+ runs the network in .* already; stop it with: node0 down --home/,
    });
    const wrong = inFolder('wrong-password');
    await writeFile(wrong, 'not the password\n');
    const transfer = ['tx', 'transfer', '--from', 'alice', '--to', 'bob', '--amount', '5'];
    const at = ['--home', network.home, '--node', network.url];
    await assertAllRefused([
      { parameters: [...up, String(await freePort())], code: 'home.in-use' },
      {
        parameters: [...up, String(await freePort()), '--detach'],
        code: 'cli.not-started',
        says: /\[home\.in-use\]/,
      },
      { parameters: ['start', '--home', join(network.home, 'validators', '0')], code: 'home.in-use' },
      { parameters: [...transfer, ...at, '--password-file', wrong], code: 'kernel.keystore-password' },
      {
        parameters: [...transfer, ...at, '--password-file', inFolder('none')],
        code: 'cli.file-unreadable',
        exit: 2,
      },
      {
        parameters: [...transfer, ...at, '--nonce', '99999'],
        code: 'cli.node-refused',
        says: /mempool\.nonce-too-high/,
      },
    ]);
    assert.deepEqual(await contentOf(network.home, RUNNING), content);
    assert.equal(await network.validatorPid(0), validator);
    await network.advance(1);
  });

  it('find nothing to stop, and do not touch a record that is damaged', async () => {
    assert.equal(await network.stop(), 0);
    const down = ['down', '--home', network.home];
    const nothing = await node0(down);
    assert.deepEqual([nothing.code, nothing.stdout], [0, 'nothing was running\n']);
    assert.deepEqual(JSON.parse((await node0([...down, '--json'])).stdout), { stopped: 0 });
    await assertRefused({
      parameters: ['down', '--home', inFolder('nowhere')],
      code: 'home.not-a-network',
      says: /no local network in .*--home/,
    });
    const file = join(network.home, 'network.json');
    const record = await readFile(file, 'utf8');
    const fields = JSON.parse(record) as { peerPorts: number[] };
    const damaged = [
      record.slice(0, 40),
      JSON.stringify({ ...fields, peerPorts: fields.peerPorts.map(String) }),
      JSON.stringify({ ...fields, validators: 2 }),
    ];
    const up = ['up', '--home', network.home, '--port', String(network.port)];
    for (const text of damaged) {
      await writeFile(file, text);
      const content = await contentOf(network.home);
      const refusal = { code: 'home.unreadable', says: /network\.json is not the record of a local network/ };
      await assertAllRefused([
        { parameters: up, ...refusal },
        { parameters: down, ...refusal },
      ]);
      assert.deepEqual(await contentOf(network.home), content);
    }
    await rm(file);
    await mkdir(file);
    await assertAllRefused([{ parameters: up, code: 'home.unreadable' }]);
    await rm(file, { recursive: true });
    await writeFile(file, record);
    await network.up();
    await network.advance(1);
  });
});
