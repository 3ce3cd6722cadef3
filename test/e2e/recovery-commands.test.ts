import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { declareValidator, loadGenesis, type GenesisDocument } from '#genesis';
import { toHex, type SigningKey } from '#kernel';
import { decryptKey, parseKeyFile } from '#kernel/keystore';
import { nativeEd25519Key, systemClock } from '#runtime';
import { node0 } from '../harness/command.ts';
import { contentOf } from '../harness/folder.ts';
import { TestNetwork } from '../harness/network.ts';
import { assertAllRefused, assertRefused } from '../harness/refusal.ts';

interface StatusView {
  readonly height: number;
  readonly stateRoot: string;
}

/** What changes a home without being of the chain: logs, and what RocksDB writes for itself. */
const NOT_CHAIN = /\.log$|(^|\/)data\/state\/|(^|\/)pid$/;

let network: TestNetwork;
let platform: string;
let validator: string;
before(async () => {
  network = await TestNetwork.create();
  platform = join(network.home, 'platform');
  validator = join(network.home, 'validators', '0');
  await network.up(['--validators', '1']);
  for (const to of ['bob', 'carol', 'dave']) {
    const sent = await network.node0(
      'tx',
      'transfer',
      '--from',
      'alice',
      '--to',
      await addressOf(to),
      '--amount',
      '5',
      '--wait',
    );
    assert.equal(sent.code, 0, sent.stderr);
  }
});
after(() => network.destroy());

async function addressOf(name: string): Promise<string> {
  const file = await readFile(join(network.home, 'accounts', `${name}.json`), 'utf8');
  return (JSON.parse(file) as { address: string }).address;
}

async function run<Value>(...parameters: string[]): Promise<Value> {
  const result = await node0([...parameters, '--json']);
  assert.equal(result.code, 0, `${parameters.join(' ')}\n${result.stdout}${result.stderr}`);
  return JSON.parse(result.stdout) as Value;
}

async function keyOf(home: string, name: string): Promise<SigningKey> {
  const file = parseKeyFile(await readFile(join(home, 'keys', `${name}.json`), 'utf8'));
  return nativeEd25519Key(
    await decryptKey(file, (await readFile(join(network.home, 'password'), 'utf8')).trim()),
  );
}

describe('the commands of recovery', () => {
  it('are refused while the node runs, and where there is no chain; the dump is made all the same', async () => {
    const empty = join(network.home, 'empty');
    const made = await node0(['init', '--home', empty, '--name', 'empty', '--generate-password']);
    assert.equal(made.code, 0, made.stderr);
    await writeFile(join(empty, 'genesis.json'), await readFile(join(network.home, 'genesis.json')));
    const commands = [
      ['rollback'],
      ['db', 'verify'],
      ['db', 'prune', '--keep', '5'],
      ['export', '--chain-id', 'next-1', '--out', join(empty, 'draft.json')],
    ];
    await assertRefused({
      parameters: ['rollback', '--home', validator],
      code: 'home.in-use',
      says: /stop that process/,
    });
    await assertAllRefused(
      commands.map((command) => ({ parameters: [...command, '--home', platform], code: 'home.in-use' })),
    );
    await assertAllRefused(
      commands.map((command) => ({ parameters: [...command, '--home', empty], code: 'home.no-chain' })),
    );
    const out = join(network.home, 'running.json');
    assert.deepEqual(
      (await run<{ running: boolean }>('debug', 'dump', '--home', platform, '--out', out)).running,
      true,
    );
    const dump = JSON.parse(await readFile(out, 'utf8')) as {
      api: {
        status: StatusView;
        peers: { items: object[] };
        metrics: string[];
        consensus: { height: number };
      };
      log: string[];
      disk: { availableBytes: number };
      genesis: { sha256: string };
      consensusLogs: object;
    };
    assert.ok(dump.api.status.height > 0 && dump.api.consensus.height > 0);
    assert.equal(dump.api.peers.items.length, 1);
    assert.ok(dump.api.metrics.some((line) => line.startsWith('node0_chain_height')));
    assert.ok(
      dump.log.some((line) => line.includes('"started"')),
      dump.log.join('\n'),
    );
    assert.ok(dump.disk.availableBytes > 0);
    assert.match(dump.genesis.sha256, /^[0-9a-f]{64}$/);
    assert.equal((await stat(out)).mode & 0o777, 0o600);
    await assertAllRefused([
      { parameters: ['debug', 'dump', '--home', platform, '--out', out], code: 'cli.file-exists' },
    ]);
    await assertAllRefused([
      {
        parameters: ['db', 'verify', '--home', platform, '--from', '5', '--to', '3'],
        code: 'cli.usage',
        exit: 2,
      },
      { parameters: ['db', 'prune', '--home', platform, '--keep', '1'], code: 'cli.usage', exit: 2 },
      { parameters: ['db'], code: 'cli.usage', exit: 2 },
    ]);
  });

  it('dump a home without any of its secrets, also where a log holds one', async () => {
    await network.stop();
    const password = (await readFile(join(network.home, 'password'), 'utf8')).trim();
    const log = join(validator, 'node.log');
    await writeFile(
      log,
      `${await readFile(log, 'utf8')}{"level":"info","msg":"somebody logged ${password}"}\n`,
    );
    const secrets = [password];
    for (const name of ['consensus', 'operator', 'transport']) {
      const path = join(validator, 'keys', `${name}.json`);
      const file = JSON.parse(await readFile(path, 'utf8')) as {
        crypto: { ciphertext: string; salt: string };
      };
      const seed = await decryptKey(parseKeyFile(JSON.stringify(file)), password);
      secrets.push(
        file.crypto.ciphertext,
        file.crypto.salt,
        toHex(seed),
        Buffer.from(seed).toString('base64'),
      );
    }
    const out = join(network.home, 'stopped.json');
    await run('debug', 'dump', '--home', validator, '--out', out);
    const text = await readFile(out, 'utf8');
    for (const secret of secrets) assert.ok(!text.includes(secret), `the dump holds ${secret.slice(0, 4)}…`);
    assert.ok(text.includes('somebody logged [secret]'));
    const dump = JSON.parse(text) as {
      database: { height: number; statistics: object };
      consensusLogs: {
        log: { segments: object[]; last: string[] };
        lastSignature: ({ step: string } | null)[];
      };
    };
    assert.ok(dump.database.height > 0);
    assert.ok(dump.consensusLogs.log.last.some((line) => /vote: precommit of round 0/.test(line)));
    assert.ok(dump.consensusLogs.lastSignature.some((slot) => slot?.step === 'precommit'));
  });

  it('verify what a node stores, and change nothing', async () => {
    for (const home of [platform, validator]) {
      const before = await contentOf(home, NOT_CHAIN);
      const report = await run<{ sound: boolean; from: number; to: number; executed: number }>(
        'db',
        'verify',
        '--home',
        home,
      );
      assert.equal(report.sound, true);
      assert.equal(report.from, 1);
      assert.ok(report.to > 3);
      assert.equal(report.executed, report.to);
      assert.deepEqual(await contentOf(home, NOT_CHAIN), before);
    }
  });

  it('roll the state back by one height, which the next start makes good', async () => {
    const { blockHeight, stateHeight } = await run<{ blockHeight: number; stateHeight: number }>(
      'rollback',
      '--home',
      validator,
    );
    assert.equal(stateHeight, blockHeight - 1);
    // One after the other: each opens the database, which takes one process at a time.
    for (const command of [['rollback'], ['db', 'verify'], ['db', 'prune', '--keep', '5']]) {
      await assertAllRefused([
        {
          parameters: [...command, '--home', validator],
          code: 'blockchain.rolled-back-already',
          says: /start the node/,
        },
      ]);
    }
    await network.up();
    await network.advance(2);
    await network.stop();
    const report = await run<{ sound: boolean; to: number }>('db', 'verify', '--home', validator);
    assert.ok(report.sound && report.to >= blockHeight + 2);
  });

  it('export the state of a height as a draft that founders can declare themselves to', async () => {
    const out = join(network.home, 'draft.json');
    await assertAllRefused([
      {
        parameters: [
          'export',
          '--home',
          platform,
          '--out',
          out,
          '--chain-id',
          'next-1',
          '--height',
          '1000000',
        ],
        code: 'blockchain.future-height',
      },
    ]);
    const told = await run<{
      height: number;
      totalSupply: string;
      stakes: { operator: string; stake: string }[];
      notes: string[];
    }>('export', '--home', platform, '--out', out, '--chain-id', 'next-1', '--time', '+1h');
    const draft = JSON.parse(await readFile(out, 'utf8')) as GenesisDocument;
    const genesis = JSON.parse(await readFile(join(network.home, 'genesis.json'), 'utf8')) as GenesisDocument;
    assert.equal(draft.chainId, 'next-1');
    assert.equal(draft.initialHeight, String(told.height + 1));
    assert.deepEqual(draft.consensus, genesis.consensus);
    assert.deepEqual(draft.ledger, genesis.ledger);
    assert.deepEqual(draft.validators, []);
    const balanceIn = (document: GenesisDocument, address: string): bigint =>
      BigInt(document.accounts.find((account) => account.address === address)?.balance ?? 0);
    const bob = await addressOf('bob');
    assert.equal(balanceIn(draft, bob) - balanceIn(genesis, bob), 5n);
    const operator = told.stakes[0]?.operator ?? '';
    assert.ok(balanceIn(draft, operator) >= balanceIn(genesis, operator), 'the stake is in the balance');
    // Of the fees that were paid, the community's part belongs to nobody.
    const fees = BigInt(genesis.totalSupply) - BigInt(draft.totalSupply);
    assert.ok(
      fees > 0n && told.notes.some((note) => note.includes(`community pool, ${fees} together`)),
      told.notes.join('\n'),
    );
    const declared = declareValidator(
      { consensusKey: await keyOf(validator, 'consensus'), operatorKey: await keyOf(validator, 'operator') },
      {
        stake: told.stakes[0]?.stake ?? '',
        commission: { rate: 1000, maxRate: 2000, maxDailyChange: 100 },
        identity: { name: 'again' },
      },
      'next-1',
    );
    const text = JSON.stringify({ ...draft, validators: [declared] });
    const { report } = await loadGenesis(Buffer.from(text), { clock: systemClock });
    assert.equal(report.valid, true);
    const earlier = join(network.home, 'earlier.json');
    await run('export', '--home', platform, '--out', earlier, '--chain-id', 'next-1', '--height', '0');
    const first = JSON.parse(await readFile(earlier, 'utf8')) as GenesisDocument;
    assert.equal(first.totalSupply, genesis.totalSupply);
    const sorted = (document: GenesisDocument): unknown[] =>
      document.accounts.toSorted((a, b) => (a.address < b.address ? -1 : 1));
    assert.deepEqual(
      sorted(first),
      sorted(genesis),
      'the state before the first block is that of the genesis',
    );
    const { chainId } = genesis;
    // One after the other: each opens the database.
    const again = ['export', '--home', platform, '--chain-id'];
    await assertAllRefused([
      { parameters: [...again, chainId, '--out', join(network.home, 'x.json')], code: 'home.same-chain' },
    ]);
    await assertAllRefused([{ parameters: [...again, 'next-1', '--out', out], code: 'cli.file-exists' }]);
  });

  it('prune all but the last heights of a home, which stays sound and goes on', async () => {
    const { height, earliest, blocks } = await run<{ height: number; earliest: number; blocks: number }>(
      'db',
      'prune',
      '--home',
      platform,
      '--keep',
      '3',
    );
    assert.equal(earliest, height - 2);
    assert.ok(blocks > 0);
    const report = await run<{ sound: boolean; states: { first: number }; executed: number }>(
      'db',
      'verify',
      '--home',
      platform,
    );
    assert.deepEqual([report.sound, report.states.first, report.executed], [true, height - 3, 3]);
    assert.equal((await run<{ blocks: number }>('db', 'prune', '--home', platform, '--keep', '3')).blocks, 0);
    await assertAllRefused([
      {
        parameters: [
          'export',
          '--home',
          platform,
          '--out',
          join(network.home, 'y.json'),
          '--chain-id',
          'next-1',
          '--height',
          '0',
        ],
        code: 'blockchain.height-not-retained',
      },
    ]);
    await network.up();
    await network.advance(1);
  });
});
