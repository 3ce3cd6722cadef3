import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isCodedError, referenceVerifier } from '#kernel';
import { blockHash } from '#services/block/portable';
import { createLightPool, type LightBlock, type LightBlockSource } from '../index.ts';
import { GeneratedChain, IDENTITY, lightBlock, members, sign } from './fixtures/generated-chain.ts';

const chain = new GeneratedChain(20, [{ from: 1, members: members(0, 4) }]);

function forged(height: number, signers: number): LightBlock {
  const header = { ...chain.headerAt(height), stateRoot: new Uint8Array(32) };
  const set = chain.setAt(height);
  return lightBlock(
    header,
    sign(set, { height, blockHash: blockHash(header) }, (place) => place < signers),
    set,
  );
}

function poolOf(nodes: readonly LightBlockSource[], nowMs = chain.timeMs) {
  const blamed: string[] = [];
  const pool = createLightPool({
    identity: IDENTITY,
    trust: chain.genesis,
    rules: { trustingPeriodMs: 86_400_000 },
  })({
    sources: () => nodes,
    clock: { now: () => nowMs },
    verifier: referenceVerifier,
    blame: ({ name }) => blamed.push(name),
  });
  return { pool, blamed };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'accepted';
  } catch (error) {
    return isCodedError(error) ? error.code : String(error);
  }
}

describe('a light client over nodes that come and go', () => {
  it('LIGHT-12 goes on to the next node when one lies or is away, and blames who lied', async () => {
    const { pool, blamed } = poolOf([
      chain.source('away', { upTo: 0 }),
      chain.source('liar', { forge: (height) => forged(height, 2) }),
      chain.source('good'),
      chain.source('other'),
    ]);
    assert.deepEqual((await pool.verifiedAt(15)).hash, chain.blockAt(15).hash);
    assert.deepEqual(blamed, ['liar']);
  });

  it('LIGHT-13 stops at a divergence', async () => {
    const attacker = chain.source('attacker', { forge: (height) => forged(height, 4) });
    const { pool } = poolOf([chain.source('good'), attacker]);
    assert.equal(await codeOf(pool.verifiedAt(15)), 'light.divergence');
  });

  it('says why nobody would do', async () => {
    assert.equal(await codeOf(poolOf([]).pool.verifiedAt(5)), 'light.not-available');
    assert.equal(
      await codeOf(poolOf([chain.source('low', { upTo: 3 })]).pool.verifiedAt(5)),
      'light.not-available',
    );
    const late = poolOf([chain.source('a'), chain.source('b')], chain.timeMs + 10 * 86_400_000);
    assert.equal(await codeOf(late.pool.verifiedAt(5)), 'light.trust-expired');
  });
});
