import assert from 'node:assert/strict';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { toHex } from '#kernel';
import { nativeEd25519Key } from '#runtime';
import { openFileDirectory } from '#services/consensus';
import { encodeLogEntry } from '../../../services/consensus/store/log-entries.ts';
import { openWriteAheadLog } from '../../../services/consensus/store/write-ahead-log.ts';
import { contentOf, temporaryFolder } from '../../../test/harness/folder.ts';
import { loadConfiguration } from '../../configuration/load-configuration.ts';
import { initHome } from '../../home/init-home.ts';
import { readPassword, readSeed } from '../../home/key-files.ts';
import { initSignerHome, type InitSignerOptions } from '../init-signer-home.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let node: string;
before(async () => {
  folder = await temporaryFolder();
  node = join(folder.path, 'node');
  await initHome({
    home: node,
    name: 'node',
    listen: '/ip4/127.0.0.1/tcp/1',
    password: { kind: 'generate' },
  });
});
after(() => folder.remove());

const GIVEN = {
  name: 'signer',
  listen: '/ip4/127.0.0.1/tcp/26659',
  serve: [] as string[],
  password: { kind: 'generate' },
  environment: {},
} as const;

const home = (name: string): string => join(folder.path, name);

async function keyOf(path: string): Promise<string> {
  const seed = await readSeed(
    join(path, 'keys', 'consensus.json'),
    await readPassword(join(path, 'password')),
  );
  return toHex(nativeEd25519Key(seed).publicKey);
}

describe('the home of a signer', () => {
  it('holds a new key, and the configuration that the signer starts from', async () => {
    const made = await initSignerHome({ ...GIVEN, home: home('new'), serve: [node] });
    assert.equal(await keyOf(home('new')), made.consensusKey);
    const { configuration } = await loadConfiguration(made.configuration);
    const [peer = ''] = made.nodes;
    assert.ok((await readFile(join(node, 'peer'), 'utf8')).trim().endsWith(peer));
    assert.deepEqual(configuration['signer.nodes'], made.nodes);
    assert.deepEqual(configuration['signer.listen'], [GIVEN.listen]);
    assert.equal((await readFile(join(home('new'), 'address'), 'utf8')).trim(), made.address);
    assert.equal((await readFile(join(home('new'), 'consensus-key'), 'utf8')).trim(), made.consensusKey);
    for (const file of ['password', 'keys/consensus.json', 'keys/transport.json']) {
      assert.equal((await stat(join(home('new'), file))).mode & 0o777, 0o600);
    }
  });

  it('takes over the key of a node with the record of what it signed, and leaves the node as it is', async () => {
    const record = join(node, 'data', 'signer', 'last-sign');
    await mkdir(join(node, 'data', 'signer'), { recursive: true });
    await writeFile(record, 'a record');
    const before = await contentOf(node);
    const made = await initSignerHome({ ...GIVEN, home: home('taken'), from: node });
    assert.equal(made.consensusKey, await keyOf(node));
    assert.equal(await keyOf(home('taken')), made.consensusKey);
    assert.equal(await readFile(join(home('taken'), 'data', 'signer', 'last-sign'), 'utf8'), 'a record');
    assert.equal(made.leftBehind, join(node, 'keys', 'consensus.json'));
    assert.deepEqual(await contentOf(node), before);
  });

  it('takes no key over whose record is missing where the log says that it took part', async () => {
    const lost = join(folder.path, 'lost');
    await initHome({
      home: lost,
      name: 'lost',
      listen: '/ip4/127.0.0.1/tcp/1',
      password: { kind: 'generate' },
    });
    const { log } = await openWriteAheadLog(await openFileDirectory(join(lost, 'data', 'consensus')));
    log.append(encodeLogEntry(5, { kind: 'transactions-available' }));
    await log.close();
    const refused = initSignerHome({ ...GIVEN, home: home('never'), from: lost });
    await assert.rejects(refused, { code: 'home.sign-record-missing' });
    assert.deepEqual(await contentOf(home('never')), {});
  });

  it('is refused where something is there, or a setting is not accepted, and nothing is made', async () => {
    const refused = async (changes: Partial<InitSignerOptions>, code: string): Promise<void> => {
      const before = await contentOf(folder.path);
      await assert.rejects(initSignerHome({ ...GIVEN, home: home('refused'), ...changes }), { code });
      assert.deepEqual(await contentOf(folder.path), before);
    };
    await refused({ home: home('taken') }, 'home.file-exists');
    await refused({ serve: ['no peer id'] }, 'configuration.invalid-setting');
    await refused({ listen: 'nowhere' }, 'configuration.invalid-setting');
    await refused({ genesisHash: 'ff' }, 'configuration.invalid-setting');
    await refused({ from: home('nobody') }, 'configuration.unreadable');
  });
});
