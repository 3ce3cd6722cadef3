import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ValidatorSet } from '#services/validator';
import type { Chain } from '../chain/face.ts';
import { sealEvidence } from '../domain/evidence/codec.ts';
import { lightClientAttackEvidence } from '../index.ts';
import type { Evidence } from '../domain/evidence/types.ts';
import type { Commit } from '../domain/types.ts';
import {
  asAccountable,
  commitFor,
  equivocation,
  headerAt,
  lunatic,
  type Attack,
} from './fixtures/attacks.ts';
import { filled } from './fixtures/samples.ts';
import { codeOf, commitBlock, genesisState, growChain, openTestChain } from './fixtures/test-chain.ts';

async function chainOf(heights: number): Promise<{ chain: Chain; set: ValidatorSet }> {
  const { chain } = await openTestChain(undefined, { genesis: genesisState({ evidenceMaxAgeMs: 60_000 }) });
  for (let height = 1; height <= heights; height++) {
    const { validators, blockTimeMs } = chain.tip();
    const block = await chain.assemble({
      round: 0,
      timeMs: blockTimeMs + 1_000,
      proposer: validators.validators[0]?.address ?? filled(20, 0),
      lastCommit: undefined,
      transactions: [],
    });
    // Three of four sign each block, in round 0.
    await chain.finalise(block, commitBlock(chain, block, [0, 1, 2]));
  }
  return { chain, set: chain.tip().validators };
}

const check = (chain: Chain, attack: Attack) => codeOf(chain.checkEvidence(sealEvidence(attack)));

describe('evidence of a light-client attack', () => {
  it('EVID-7, equivocation: those who signed both blocks in one round are accountable, and recorded', async () => {
    const { chain, set } = await chainOf(5);
    const attack = await equivocation(chain, set);
    assert.equal(await check(chain, attack), 'accepted');
    for (const places of [[1], [1, 2, 3], [2, 1], []]) {
      const wrong = { ...attack, accountable: asAccountable(set, places) };
      assert.equal(await check(chain, wrong), 'block.invalid-evidence');
    }
    const evidence = sealEvidence(attack);
    const { validators, blockTimeMs } = chain.tip();
    const block = await chain.assemble({
      round: 0,
      timeMs: blockTimeMs + 1_000,
      proposer: validators.validators[0]?.address ?? filled(20, 0),
      lastCommit: undefined,
      transactions: [],
      evidence: [evidence],
    });
    assert.deepEqual(block.evidence, [evidence]);
    await chain.finalise(block, commitBlock(chain, block));
    assert.equal(await codeOf(chain.checkEvidence(evidence)), 'block.evidence-recorded');
  });

  it('EVID-6, lunatic: those of the common height who signed what does not follow are accountable', async () => {
    const { chain, set } = await chainOf(6);
    const attack = await lunatic(chain, set);
    assert.equal(await check(chain, attack), 'accepted');
    assert.equal(
      await check(chain, { ...attack, accountable: asAccountable(set, [0]) }),
      'block.invalid-evidence',
    );
    // One of four alone would have convinced nobody.
    assert.equal(await check(chain, await lunatic(chain, set, [3])), 'block.invalid-evidence');
  });

  it('EVID-6, EVID-7: whoever trusts the chain makes the evidence of what it was shown', async () => {
    const { chain, set } = await chainOf(6);
    const carried = (validators: ValidatorSet) =>
      validators.validators.map(({ publicKey, power }) => ({ publicKey, power }));
    for (const attack of [await equivocation(chain, set), await lunatic(chain, set)]) {
      const { height } = attack.header;
      const commit = await chain.commit(height);
      assert.ok(commit !== undefined);
      const made = lightClientAttackEvidence(
        { ...attack, validators: attack.validators.length === 0 ? carried(set) : attack.validators },
        {
          final: { header: await headerAt(chain, height), commit, set },
          timeBeforeMs: (await headerAt(chain, height - 1)).timeMs,
          common: { height: 2, set, timeBeforeMs: (await headerAt(chain, 1)).timeMs },
        },
      );
      assert.ok(made.ok);
      assert.deepEqual(made.value, sealEvidence(attack));
    }
  });

  it('EVID-8, amnesia: blocks decided in different rounds name nobody', async () => {
    const { chain, set } = await chainOf(5);
    const attack = await equivocation(chain, set, { round: 1 });
    assert.equal(await check(chain, { ...attack, accountable: [] }), 'block.evidence-unattributable');
    // Correct validators may have signed both: nobody may be blamed.
    assert.equal(await check(chain, attack), 'block.invalid-evidence');
  });

  it('EVID-9: it names the height where header and chain still agreed', async () => {
    const { chain, set } = await chainOf(6);
    const double = await equivocation(chain, set);
    const timeMs = (await headerAt(chain, 1)).timeMs;
    assert.equal(await check(chain, { ...double, height: 2, timeMs }), 'block.invalid-evidence');
    const invented = await lunatic(chain, set);
    const atHeader = { ...invented, height: 4, timeMs: (await headerAt(chain, 3)).timeMs };
    assert.equal(await check(chain, atHeader), 'block.invalid-evidence');
  });

  it('EVID-10: it waits until the block after the conflicting one is final', async () => {
    const { chain, set } = await chainOf(3);
    const attack = await equivocation(chain, set);
    assert.equal(await check(chain, attack), 'block.evidence-early');
    await growChain(chain);
    assert.equal(await check(chain, attack), 'accepted');
  });

  it('the final header is no attack, and altered members make it invalid', async () => {
    const { chain, set } = await chainOf(6);
    const final = await headerAt(chain, 3);
    const double = await equivocation(chain, set);
    const honest = { ...double, header: final, commit: commitFor(set, final, [0, 1, 2]) };
    assert.equal(await check(chain, honest), 'block.invalid-evidence');
    const invented = await lunatic(chain, set);
    const garbled = (commit: Commit): Commit => ({
      ...commit,
      signatures: commit.signatures.map((signature, index) =>
        signature !== undefined && index === 2 ? filled(64, 1) : signature,
      ),
    });
    const altered: readonly Partial<Attack>[] = [
      { timeMs: invented.timeMs + 1 },
      { header: { ...invented.header, chainId: 'other' } },
      { header: { ...invented.header, version: 2 } },
      { header: { ...invented.header, timeMs: 1 } },
      { header: { ...invented.header, validatorSetHash: set.hash } },
      { commit: garbled(invented.commit) },
      { commit: { ...invented.commit, round: 1 } },
      { commit: { ...invented.commit, height: 5 } },
      { commit: { ...invented.commit, signatures: invented.commit.signatures.map(() => undefined) } },
      { validators: [] },
      { validators: invented.validators.toReversed() },
      { validators: invented.validators.slice(1) },
      { validators: invented.validators.map((validator) => ({ ...validator, power: 0 })) },
    ];
    for (const [index, change] of altered.entries()) {
      const code = await check(chain, { ...invented, ...change });
      assert.equal(code, 'block.invalid-evidence', `change ${index}`);
    }
    const carried = set.validators.map(({ publicKey, power }) => ({ publicKey, power }));
    assert.equal(await check(chain, { ...double, validators: carried }), 'block.invalid-evidence');
    const far = sealEvidence({ ...invented, height: 0 }) satisfies Evidence;
    assert.equal(await codeOf(chain.checkEvidence(far)), 'block.evidence-not-checkable');
  });
});
