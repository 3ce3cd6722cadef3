import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { DoubleVoter } from '../harness/double-voter.ts';
import { TestNetwork } from '../harness/network.ts';
import { until } from '../harness/until.ts';

interface EvidenceList {
  readonly items: readonly { hash: string; kind: string; height: number; block: number }[];
}

let network: TestNetwork;
let stranger: DoubleVoter | undefined;
before(async () => {
  network = await TestNetwork.create();
  await network.up(['--validators', '4']);
});
after(async () => {
  await stranger?.stop();
  await network.destroy();
});

it('a key in two hands: the second vote becomes evidence in one block of every node', async () => {
  stranger = await DoubleVoter.join(network, 3);
  const { address } = stranger;
  const list = await until('the evidence is final', async () => {
    // A height is over soon: what comes too late for one is said in the next.
    await stranger?.vote();
    const found = await network.get<EvidenceList>('/evidence');
    return found.items.length > 0 ? found : undefined;
  });
  await network.advance(3);
  const [{ hash, kind, height, block } = { hash: '', kind: '', height: 0, block: 0 }] = list.items.slice(-1);
  assert.equal(kind, 'duplicate-vote');
  assert.ok(block > height);
  // In this block, and in no other.
  const { items: all } = await network.get<EvidenceList>('/evidence?limit=100');
  assert.equal(all.filter((item) => item.height === height).length, 1);
  const { evidence } = await network.get<{ evidence: string[] }>(`/blocks/${block}`);
  assert.ok(evidence.includes(hash));
  const { items: offences } = await network.get<{
    items: { evidence: string; height: number; block: number }[];
  }>(`/validators/${address}/evidence`);
  const recorded = offences.find((offence) => offence.evidence === hash);
  assert.deepEqual([recorded?.height, recorded?.block], [height, block]);
});
