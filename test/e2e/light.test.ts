import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { TestNetwork } from '../harness/network.ts';

describe('node0 light', () => {
  let network: TestNetwork;
  before(async () => {
    network = await TestNetwork.create();
    await network.up();
    await network.advance(2);
  });
  after(() => network.destroy());

  async function light(...parameters: string[]) {
    const { code, stdout, stderr } = await network.node0('light', ...parameters, '--json');
    return { code, answer: JSON.parse(code === 0 ? stdout : stderr) as Record<string, unknown> };
  }

  it('LIGHT-11 verifies the head from the genesis of the home, and from a header that the user trusts', async () => {
    const { code, answer } = await light('head', '--witness', network.url);
    assert.deepEqual([code, answer['verified']], [0, true], JSON.stringify(answer));
    const { height, hash } = answer as { height: number; hash: string };
    const later = await light('head', '--trust-height', String(height), '--trust-hash', hash);
    assert.equal(later.code, 0, JSON.stringify(later.answer));
    const other = await light('head', '--trust-height', String(height), '--trust-hash', '11'.repeat(32));
    assert.deepEqual(
      [other.code, (other.answer['error'] as { code: string }).code],
      [1, 'light.wrong-trust'],
    );
  });

  it('LIGHT-15 LIGHT-16 reads accounts, attestations and transactions with proof', async () => {
    const digest = 'ab'.repeat(32);
    const words = `tx attest --from alice --digest ${digest} --label contract --wait --json`.split(' ');
    const sent = await network.node0(...words);
    assert.equal(sent.code, 0, sent.stderr);
    const { hash } = JSON.parse(sent.stdout) as { hash: string };
    await network.advance(2);
    const { answer } = await light('attestation', digest, 'alice');
    assert.deepEqual([answer['attested'], answer['label']], [true, 'contract']);
    assert.equal((await light('attestation', digest, 'bob')).answer['attested'], false);
    assert.equal((await light('tx', hash)).answer['status'], 'finalized');
    assert.deepEqual((await light('account', 'alice')).answer['nonce'], 1);
    const half = await light('head', '--trust-height', '1');
    assert.equal((half.answer['error'] as { code: string }).code, 'cli.usage');
  });
});
