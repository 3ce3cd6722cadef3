import assert from 'node:assert/strict';
import { it } from 'node:test';
import { multiaddr } from '@multiformats/multiaddr';
import { silentLogger, type Logger } from '#kernel';
import { systemRandom } from '#runtime';
import { VirtualTime } from '../../consensus/test/virtual-time.ts';
import { Dialler } from '../dialler.ts';
import { DEFAULT_LIMITS } from '../limits.ts';

it('a peer that stays away is told of once, and once more when it went away again', async () => {
  const time = new VirtualTime();
  const warnings: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (fields, message) => void warnings.push(`${JSON.stringify(fields)} ${message}`),
  };
  let isThere = false;
  let isConnected = false;
  const dialler = new Dialler([{ peer: 'b', address: multiaddr('/ip4/127.0.0.1/tcp/1') }], {
    self: 'a',
    limits: DEFAULT_LIMITS,
    scheduler: time,
    random: systemRandom,
    logger,
    isConnected: () => isConnected,
    isBanned: () => false,
    async dial() {
      if (!isThere) throw new Error('connection refused');
      isConnected = true;
    },
  });
  dialler.start();
  await time.run(120_000);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /"peer":"b".*connection refused.*compare the clocks/);
  isThere = true;
  await time.run(10_000);
  assert.ok(isConnected);
  [isThere, isConnected] = [false, false];
  dialler.lost('b');
  await time.run(120_000);
  assert.equal(warnings.length, 2);
  dialler.stop();
});
