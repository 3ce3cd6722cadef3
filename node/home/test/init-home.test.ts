import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { isCodedError } from '#kernel';
import { parseKeyFile } from '#kernel/keystore';
import { peerIdOfAddress } from '#services/network';
import { loadConfiguration } from '../../configuration/load-configuration.ts';
import { initHome, type InitHomeOptions } from '../init-home.ts';
import { findPassword, readSeed } from '../key-files.ts';

const folder = await mkdtemp(join(tmpdir(), 'init-'));
after(() => rm(folder, { recursive: true }));
let count = 0;

function optionsOf(changes: Partial<InitHomeOptions> = {}): InitHomeOptions {
  const home = join(folder, String(count++));
  return {
    home,
    name: 'alpha',
    listen: '/ip4/127.0.0.1/tcp/26656',
    password: { kind: 'generate' },
    ...changes,
  };
}

async function codeOf(options: InitHomeOptions): Promise<string> {
  try {
    await initHome(options);
  } catch (error) {
    return isCodedError(error) ? error.code : String(error);
  }
  return 'made';
}

describe('a new home', () => {
  it('has a configuration that a node reads, and keys that its password opens', async () => {
    const options = optionsOf({ api: '127.0.0.1:8080' });
    const made = await initHome(options);
    const { configuration, path } = await loadConfiguration(made.configuration);
    assert.equal(configuration.name, 'alpha');
    assert.equal(configuration['api.listen'], '127.0.0.1:8080');
    assert.deepEqual(configuration['network.listen'], [options.listen]);
    const password = await findPassword(path(configuration['keys.passwordFile']), undefined);
    for (const file of [configuration['consensus.key'], configuration['network.key'], 'keys/operator.json']) {
      assert.equal((await readSeed(path(file), password)).length, 32);
    }
    const operator = parseKeyFile(await readFile(path('keys/operator.json'), 'utf8'));
    const consensus = parseKeyFile(await readFile(path('keys/consensus.json'), 'utf8'));
    assert.deepEqual([operator.address, consensus.publicKey], [made.operator, made.consensusKey]);
    assert.equal(made.peer, `${options.listen}/p2p/${made.peerId}`);
    assert.equal(peerIdOfAddress(made.peer), made.peerId);
    for (const secret of ['password', 'keys/operator.json']) {
      assert.equal((await stat(path(secret))).mode & 0o777, 0o600);
    }
  });

  it('declares the address that is advertised, and none where it listens everywhere', async () => {
    const advertise = '/dns4/alpha.example.org/tcp/1';
    for (const listen of ['/ip4/0.0.0.0/tcp/26656', '/ip6/::/tcp/26656', '/ip6/0:0:0:0:0:0:0:0/tcp/1']) {
      assert.equal((await initHome(optionsOf({ listen }))).peer, undefined);
      const made = await initHome(optionsOf({ listen, advertise }));
      assert.equal(made.peer, `${advertise}/p2p/${made.peerId}`);
    }
  });

  it('leaves a password that is given where it is', async () => {
    const typed = optionsOf({ password: { kind: 'typed', password: 'secret' } });
    await initHome(typed);
    assert.deepEqual(await readdir(typed.home), ['keys', 'node0.yaml', 'peer']);
    const missing = join(typed.home, 'password');
    assert.equal(await findPassword(missing, 'secret'), 'secret');
    await assert.rejects(findPassword(missing, undefined), (error) => isCodedError(error, 'home.unreadable'));
    const file = join(folder, 'its "own" password');
    const given = optionsOf({ password: { kind: 'file', file, password: 'secret' } });
    const { configuration } = await loadConfiguration((await initHome(given)).configuration);
    assert.equal(configuration['keys.passwordFile'], file);
    await writeFile(file, 'of the file\n');
    assert.equal(await findPassword(file, 'of the environment'), 'of the file');
  });

  it('is never made over another, of which nothing changes', async () => {
    const options = optionsOf();
    await initHome(options);
    const yaml = await readFile(join(options.home, 'node0.yaml'), 'utf8');
    assert.equal(await codeOf({ ...options, name: 'beta' }), 'home.file-exists');
    assert.equal(await readFile(join(options.home, 'node0.yaml'), 'utf8'), yaml);
    for (const file of ['node0.yaml', 'password', 'keys/consensus.json']) {
      const partial = optionsOf();
      await initHome(partial);
      for (const other of ['node0.yaml', 'password', 'keys', 'peer']) {
        if (!file.startsWith(other)) await rm(join(partial.home, other), { recursive: true });
      }
      const left = await readdir(partial.home);
      assert.equal(await codeOf(partial), 'home.file-exists', file);
      assert.deepEqual(await readdir(partial.home), left);
    }
  });

  it('that a node would refuse is not made', async () => {
    for (const changes of [
      { name: 'al pha' },
      { listen: '' },
      { listen: 'here' },
      { advertise: '/ip4/1.2.3.4/tcp/1/p2p/x' },
      { api: '70000' },
    ]) {
      const options = optionsOf(changes);
      assert.equal(await codeOf(options), 'configuration.invalid-setting');
      await assert.rejects(readdir(options.home), { code: 'ENOENT' });
    }
  });
});
