import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { TestNetwork } from '../harness/network.ts';
import { until } from '../harness/until.ts';

describe('a validator that lost its state', () => {
  let network: TestNetwork;
  before(async () => {
    network = await TestNetwork.create();
    await network.up(['--set', 'snapshots.interval=4']);
  });
  after(() => network.destroy());

  it('SYNC-5 SYNC-10 takes it from a snapshot of the others, verified from the genesis, votes again, and fetches the headers of before', async () => {
    await network.advance(6);
    const { items } = await network.get<{ items: { height: number; chunks: number }[] }>('/snapshots');
    assert.ok(items.length > 0 && items.every(({ height, chunks }) => height % 4 === 0 && chunks > 0));
    const home = join(network.home, 'validators', '2');
    await network.killValidator(2);
    await rm(join(home, 'data', 'state'), { recursive: true });
    const before = await network.advance(4);
    network.startValidator(2, ['--set', 'sync.mode=state']);
    const logged = async (message: string) => {
      const lines = (await readFile(join(home, 'node.log'), 'utf8')).split('\n');
      return lines.find((line) => line.includes(message));
    };
    const synced = await until('the state was synced', () => logged('the state was synced'));
    const { height } = JSON.parse(synced) as { height: number };
    // The others went on while it started.
    assert.ok(height > 0 && height % 4 === 0 && height <= (await network.status()).height);
    const { items: set } = await network.get<{ items: { name: string }[] }>('/validators');
    const index = set.findIndex(({ name }) => name === 'validator-2');
    await until('it signs a commit', async () => {
      const latest = await network.status();
      for (let at = height + 1; at <= latest.height; at++) {
        const { signatures } = await network.get<{ signatures: (string | null)[] }>(`/blocks/${at}/commit`);
        if (at > before + 1 && typeof signatures[index] === 'string') return at;
      }
      return undefined;
    });
    const done = await until('it has the headers of before', () =>
      logged('evidence of before the snapshot can be judged'),
    );
    const { from, headers, lies } = JSON.parse(done) as { from: number; headers: number; lies: number };
    assert.deepEqual([from, headers, lies], [1, height - 1, 0]);
  });
});
