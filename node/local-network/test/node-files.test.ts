import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadConfiguration } from '../../configuration/load-configuration.ts';
import { networkLayout } from '../layout.ts';
import { nodesOf, writeNodeFiles } from '../node-files.ts';
import type { NetworkRecord } from '../record.ts';

const home = await mkdtemp(join(tmpdir(), 'node-files-'));
after(() => rm(home, { recursive: true }));

const record: NetworkRecord = {
  version: 1,
  chainId: 'local-1',
  genesisHash: '0'.repeat(64),
  validators: 1,
  peerPorts: [1, 2],
  peerIds: ['a', 'b'],
};

async function configurationsOf(settings: readonly string[]) {
  const layout = networkLayout(home);
  await writeNodeFiles(layout, record, { apiPort: 8080, settings });
  return Promise.all(
    nodesOf(layout, record).map(async (node) => (await loadConfiguration(node.configuration)).configuration),
  );
}

test('a local network starts from a genesis of any age, and dials nobody but its own nodes', async () => {
  for (const configuration of await configurationsOf([])) {
    assert.equal(configuration['chain.maxGenesisAgeHours'], 0);
    assert.equal(configuration['network.genesisPeers'], false);
    assert.equal(configuration['network.peers'].length, 1);
  }
});

test('a setting that is given stands over what a local network would have, and over defaults', async () => {
  const settings = ['storage.retainedHeights=100', 'chain.maxGenesisAgeHours=5', 'name=x', 'chain.seal=a=b'];
  for (const configuration of await configurationsOf(settings)) {
    assert.equal(configuration['storage.retainedHeights'], 100);
    assert.equal(configuration['storage.profile'], 'local');
    assert.equal(configuration['chain.maxGenesisAgeHours'], 5);
    assert.equal(configuration['chain.genesisHash'], record.genesisHash);
    assert.equal(configuration['chain.seal'], 'a=b');
    assert.equal(configuration.name, 'x');
  }
});
