import assert from 'node:assert/strict';
import { it } from 'node:test';
import { STATE_FAMILIES, type StateEngine } from '#engines/state';
import { toHex } from '#kernel';
import { rollBack } from '#services/block';
import {
  GENESIS_TIME_MS,
  growChain,
  IDENTITY,
  openTestChain,
  transfer,
} from '../../../services/block/test/fixtures/test-chain.ts';
import { openChain, type OpenedHome } from '../open-home.ts';

it('opens no chain of a home that was rolled back: that would execute the block again, by the wrong software', async () => {
  const { chain, engine } = await openTestChain();
  for (let height = 1; height <= 3; height++) await growChain(chain, [transfer(0, height - 1)]);
  const genesis = { identity: IDENTITY, initialHeight: 1, timeMs: GENESIS_TIME_MS };
  const home = { genesis, engine } as unknown as OpenedHome;
  assert.equal((await openChain(home, 10)).chain.tip().height, 3);
  await rollBack(engine, IDENTITY);
  const before = await contentOf(engine);
  await assert.rejects(openChain(home, 10), { code: 'blockchain.rolled-back-already' });
  assert.deepEqual(await contentOf(engine), before);
});

async function contentOf(engine: StateEngine): Promise<string[]> {
  const content: string[] = [];
  for (const family of STATE_FAMILIES)
    for await (const { key, value } of engine.range(family, {}))
      content.push(`${family} ${toHex(key)} ${toHex(value)}`);
  return content;
}
