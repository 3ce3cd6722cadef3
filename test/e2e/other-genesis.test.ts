import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { loadGenesis } from '#genesis';
import { toHex, utf8 } from '#kernel';
import { systemClock } from '#runtime';
import { temporaryFolder } from '../harness/folder.ts';
import {
  genesisOf,
  getJson,
  giveGenesis,
  makeFounder,
  StartedNode,
  type Founder,
} from '../harness/founders.ts';
import { until } from '../harness/until.ts';

/** Of three founders, the first two can finalise without the third. */
const STAKES = [5n * 10n ** 12n, 5n * 10n ** 12n, 10n ** 12n];

describe('three founders, one of whom has a genesis that differs in one byte', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let founders: [Founder, Founder, Founder];
  const running = new Set<StartedNode>();
  let [text, other] = ['', ''];
  let [hash, otherHash] = ['', ''];
  before(async () => {
    folder = await temporaryFolder();
    const make = (name: string): Promise<Founder> => makeFounder(`${folder.path}/${name}`, name);
    founders = [await make('alpha'), await make('beta'), await make('gamma')];
    const document = genesisOf(founders, { timeMs: Date.now(), stakes: STAKES });
    text = JSON.stringify(document);
    other = text.replace('alpha operator', 'alphb operator');
    [hash, otherHash] = await Promise.all([hashOf(text), hashOf(other)]);
    await giveGenesis(founders[0], text);
    await giveGenesis(founders[1], text);
    await giveGenesis(founders[2], other);
  });
  after(async () => {
    await Promise.all([...running].map((node) => node.stop()));
    await folder.remove();
  });
  const start = async (founder: Founder): Promise<StartedNode> => {
    const node = new StartedNode(founder);
    running.add(node);
    await node.prints('started');
    return node;
  };

  it('differs in one byte, and both documents are valid', () => {
    const [bytes, otherBytes] = [utf8(text), utf8(other)];
    assert.equal(bytes.length, otherBytes.length);
    assert.equal(bytes.filter((byte, index) => byte !== otherBytes[index]).length, 1);
    assert.notEqual(hash, otherHash);
  });

  it('that one ends and says which hash it has and which the others have; the others go on', async () => {
    const [alpha, beta, gamma] = founders;
    const first = await start(alpha);
    const third = await start(gamma);
    // One of two peers has another genesis: no reason to end for either, the second may have the same.
    await until('the two have parted', async () =>
      [first, third].every(({ output }) => output.includes('network.wrong-genesis')),
    );
    assert.deepEqual([first.child.exitCode, third.child.exitCode], [null, null]);
    const second = await start(beta);
    assert.equal(await third.ended(), 70, third.output);
    const refusal = third.output.split('\n').find((line) => line.startsWith('error:')) ?? '';
    assert.match(refusal, /\[genesis\.peers-differ\]$/);
    assert.ok(refusal.includes(`its hash is ${otherHash}, the others have ${hash} (2 of 2 peers)`), refusal);
    await until('the others finalise', async () => {
      return (await heightOf(alpha)) >= 2;
    });
    assert.deepEqual([first.child.exitCode, second.child.exitCode], [null, null]);
    for (const { output } of [first, second]) assert.ok(output.includes(otherHash), output);
  });

  it('joins with the right document, once what it made from the other is out of the way', async () => {
    const [alpha, , gamma] = founders;
    await giveGenesis(gamma, text);
    const refused = new StartedNode(gamma);
    running.add(refused);
    assert.equal(await refused.ended(), 1, refused.output);
    assert.match(refused.output, /\[blockchain\.other-chain\]/);
    await rename(`${gamma.home}/data`, `${gamma.home}/data-of-the-other`);
    await start(gamma);
    await until('it finalises what the others do', async () => {
      const [theirs, own] = await Promise.all([heightOf(alpha), heightOf(gamma)]);
      return own >= Math.max(2, theirs - 1);
    });
  });
});

async function hashOf(document: string): Promise<string> {
  return toHex((await loadGenesis(utf8(document), { clock: systemClock })).genesisHash);
}

async function heightOf(founder: Founder): Promise<number> {
  return ((await getJson(founder, '/api/v2/status')).body as { height: number }).height;
}
