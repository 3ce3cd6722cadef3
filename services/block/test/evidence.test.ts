import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createMemoryStateEngine } from '#engines/state';
import { toHex } from '#kernel';
import type { Chain } from '../chain/face.ts';
import { encodeBlock, makeBlock } from '../domain/block.ts';
import { commitCodec } from '../domain/commit.ts';
import { sealEvidence } from '../domain/evidence/codec.ts';
import { evidenceRoot } from '../domain/evidence/offences.ts';
import type { Evidence } from '../domain/evidence/types.ts';
import type { Block } from '../domain/types.ts';
import { BLOCK_EVIDENCE_MAX } from '../limits.ts';
import { openFinal } from '../sync/open-final.ts';
import { doubleProposal, doubleVote } from './fixtures/evidence.ts';
import { filled } from './fixtures/samples.ts';
import {
  codeOf,
  commitBlock,
  genesisState,
  growChain,
  IDENTITY,
  openTestChain,
  proposerOf,
  VERIFIER,
} from './fixtures/test-chain.ts';

const MAX_AGE_MS = 5_000;

async function chainOf(heights: number, engine = createMemoryStateEngine()) {
  const opened = await openTestChain(engine, { genesis: genesisState({ evidenceMaxAgeMs: MAX_AGE_MS }) });
  while (opened.chain.tip().height < heights) await growChain(opened.chain);
  return opened;
}

function assemble(chain: Chain, evidence: readonly Evidence[], afterMs = 1_000): Promise<Block> {
  const timeMs = chain.tip().blockTimeMs + afterMs;
  const proposer = proposerOf(chain);
  return chain.assemble({ round: 0, timeMs, proposer, lastCommit: undefined, transactions: [], evidence });
}

/** The block with other evidence under a header that fits it. */
function withEvidence(block: Block, evidence: readonly Evidence[]): Block {
  const header = { ...block.header, evidenceRoot: evidenceRoot(evidence) };
  return makeBlock(header, block.transactions, block.lastCommit, evidence);
}

async function include(chain: Chain, evidence: readonly Evidence[]): Promise<Block> {
  const block = await assemble(chain, evidence);
  assert.equal(block.evidence.length, evidence.length);
  assert.equal(await codeOf(chain.validate(block)), 'accepted');
  await chain.finalise(block, commitBlock(chain, block));
  return block;
}

/** Why a block may not hold the evidence, as the block's error tells. */
async function causeOf(chain: Chain, block: Block): Promise<unknown> {
  const result = await chain.validate(block);
  return result.ok ? 'accepted' : (result.error.details['code'] ?? result.error.code);
}

describe('evidence of two messages', () => {
  it('EVID-3, EVID-4, EVID-14: is in the block, in its header and in the record, of whatever kind', async () => {
    const { chain, ledger } = await chainOf(3);
    const evidence = [
      await doubleVote(chain, { height: 2, index: 1, blocks: [0, 7] }),
      await doubleVote(chain, { height: 3, index: 1, kind: 'precommit' }),
      await doubleProposal(chain, { height: 1, index: 2 }),
    ];
    const block = await include(chain, evidence);
    assert.deepEqual(block.header.evidenceRoot, evidenceRoot(evidence));
    const offender = (await chain.validatorSet(1))?.validators[1];
    assert.ok(offender !== undefined);
    const records = await ledger.offences(offender.address, { limit: 10 });
    assert.deepEqual(
      records.map(({ kind, height, timeMs, power, recordedHeight, evidenceHash }) => {
        return { kind, height, timeMs, power, recordedHeight, evidenceHash: toHex(evidenceHash) };
      }),
      [evidence[1], evidence[0]].map((item) => ({
        kind: 'duplicate-vote',
        height: item?.height,
        timeMs: item?.timeMs,
        power: offender.power,
        recordedHeight: 4,
        evidenceHash: toHex(item?.hash ?? filled(32, 0)),
      })),
    );
    assert.deepEqual((await ledger.offences(offender.address, { upTo: 2, limit: 10 })).length, 1);
  });

  it('EVID-5: every altered member makes it invalid', async () => {
    const { chain } = await chainOf(3);
    const samples = [await doubleVote(chain, { height: 2 }), await doubleProposal(chain, { height: 2 })];
    const other = (await chain.validatorSet(2))?.validators[1];
    assert.ok(other !== undefined);
    const flip = (bytes: Uint8Array, at: number) =>
      bytes.map((byte, index) => (index === at % bytes.length ? byte ^ 1 : byte));
    for (const sample of samples) {
      assert.notEqual(sample.kind, 'light-client-attack');
      if (sample.kind === 'light-client-attack') continue;
      assert.equal(await codeOf(chain.checkEvidence(sample)), 'accepted');
      const { bytes: _bytes, hash: _hash, ...content } = sample;
      const changes: readonly object[] = [
        { height: 1 },
        { height: 3 },
        { timeMs: sample.timeMs - 1 },
        { timeMs: sample.timeMs + 1 },
        { round: sample.round + 1 },
        { validator: { ...sample.validator, power: sample.validator.power + 1 } },
        { validator: { ...sample.validator, address: filled(20, 1) } },
        { validator: { address: other.address, power: other.power } },
        ...(sample.kind === 'duplicate-vote'
          ? [{ voteKind: 'precommit' }, { first: { ...sample.first, blockHash: undefined } }]
          : [{ second: { ...sample.second, polRound: 0 } }]),
        { second: sample.first },
        { first: sample.second, second: sample.first },
      ];
      for (const change of changes) {
        const altered = sealEvidence({ ...content, ...change });
        const code = await codeOf(chain.checkEvidence(altered));
        assert.equal(code, 'block.invalid-evidence', `${sample.kind} ${JSON.stringify(change)}`);
      }
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom('first', 'second'),
          fc.boolean(),
          fc.nat(),
          async (side, isHash, at) => {
            const message = sample[side];
            const change = isHash
              ? { blockHash: flip(message.blockHash ?? filled(32, 0), at) }
              : { signature: flip(message.signature, at) };
            const altered = sealEvidence({
              ...content,
              [side]: { ...message, ...change },
            });
            assert.equal(await codeOf(chain.checkEvidence(altered)), 'block.invalid-evidence');
          },
        ),
        { numRuns: 60 },
      );
    }
  });

  it('EVID-10: of a height that is not final yet it waits', async () => {
    const { chain } = await chainOf(2);
    const ready = await doubleVote(chain, { height: 2 });
    const { bytes: _bytes, hash: _hash, ...content } = ready;
    const early = sealEvidence({ ...content, height: 3 });
    assert.equal(await codeOf(chain.checkEvidence(early)), 'block.evidence-early');
    assert.equal(
      await causeOf(chain, withEvidence(await assemble(chain, []), [early])),
      'block.evidence-early',
    );
    assert.deepEqual((await assemble(chain, [early, ready])).evidence, [ready]);
  });

  it('EVID-11: is taken up to the age of the ledger, to the millisecond, by the time of the block', async () => {
    const { chain } = await chainOf(3);
    const evidence = await doubleVote(chain, { height: 2 });
    const leftMs = evidence.timeMs + MAX_AGE_MS - chain.tip().blockTimeMs;
    const inTime = await assemble(chain, [evidence], leftMs);
    assert.deepEqual(inTime.evidence, [evidence]);
    assert.equal(await causeOf(chain, inTime), 'accepted');
    const late = await assemble(chain, [evidence], leftMs + 1);
    assert.deepEqual(late.evidence, []);
    assert.equal(await causeOf(chain, withEvidence(late, [evidence])), 'block.evidence-expired');
  });

  it('EVID-12: once recorded, no block takes it again, nor another of the same validator, height and kind', async () => {
    const { chain, ledger } = await chainOf(3);
    const first = await doubleVote(chain, { height: 2 });
    const again = [
      first,
      await doubleVote(chain, { height: 2, blocks: [3, 4] }),
      await doubleVote(chain, { height: 2, round: 5, kind: 'precommit' }),
    ];
    const base = await assemble(chain, []);
    for (const second of again) {
      const twice = withEvidence(base, [first, second]);
      assert.equal(await causeOf(chain, twice), 'block.evidence-recorded');
    }
    assert.deepEqual((await assemble(chain, again)).evidence, [first]);
    await include(chain, [first]);
    const after = await assemble(chain, again);
    assert.deepEqual(after.evidence, []);
    for (const second of again) {
      assert.equal(await codeOf(chain.checkEvidence(second)), 'block.evidence-recorded');
      assert.equal(await causeOf(chain, withEvidence(after, [second])), 'block.evidence-recorded');
    }
    const other = await doubleProposal(chain, { height: 2 });
    await include(chain, [other, await doubleVote(chain, { height: 3 })]);
    const address = (await chain.validatorSet(2))?.validators[0]?.address ?? filled(20, 0);
    assert.equal((await ledger.offences(address, { limit: 10 })).length, 3);
  });

  it('EVID-13: a block holds a bounded number of pieces', async () => {
    const { chain } = await chainOf(1);
    const evidence: Evidence[] = [];
    const one = await doubleVote(chain, { height: 1 });
    for (let index = 0; index <= BLOCK_EVIDENCE_MAX; index++) evidence.push(one);
    const block = withEvidence(await assemble(chain, []), evidence);
    assert.equal(await codeOf(chain.validate(block)), 'block.too-large');
  });

  it('another evidence than the header names is a forgery', async () => {
    const { chain } = await chainOf(2);
    const [one, other] = [await doubleVote(chain, { height: 1 }), await doubleVote(chain, { height: 2 })];
    const block = await assemble(chain, [one]);
    for (const evidence of [[], [other], [one, other]]) {
      const forged = { ...block, evidence };
      assert.equal(await codeOf(chain.validate(forged)), 'block.wrong-evidence-root');
    }
  });
});

describe('evidence in final blocks', () => {
  it('is found by its hash and in the list, newest first, and comes back with the block after a restart', async () => {
    const engine = createMemoryStateEngine();
    const { chain } = await chainOf(3, engine);
    const [a, b, c] = [
      await doubleVote(chain, { height: 1 }),
      await doubleVote(chain, { height: 2 }),
      await doubleProposal(chain, { height: 3 }),
    ];
    await include(chain, [a, b]);
    await include(chain, [c]);
    await chain.close();
    const { chain: reopened } = await chainOf(5, engine);
    assert.deepEqual((await reopened.block(4))?.evidence, [a, b]);
    assert.deepEqual(await reopened.evidence(b.hash), { evidence: b, height: 4, index: 1 });
    assert.equal(await reopened.evidence(filled(32, 1)), undefined);
    const first = await reopened.evidences({ limit: 2 });
    assert.deepEqual(
      first.items.map(({ evidence, height, index }) => [toHex(evidence.hash), height, index]),
      [
        [toHex(c.hash), 5, 0],
        [toHex(b.hash), 4, 1],
      ],
    );
    assert.ok(first.next !== undefined);
    const second = await reopened.evidences({ limit: 2, cursor: first.next });
    assert.deepEqual(second, { items: [{ evidence: a, height: 4, index: 0 }] });
    assert.equal(await codeOf(reopened.checkEvidence(a)), 'block.evidence-recorded');
    await reopened.prune(5, 10);
    assert.deepEqual(await reopened.evidence(a.hash), { evidence: a, height: 4, index: 0 });
  });

  it('EVID-15: comes with block sync, and is checked there', async () => {
    const { chain } = await chainOf(2);
    const evidence = await doubleVote(chain, { height: 2 });
    const { chain: follower, ledger } = await chainOf(0);
    const copy = async (height: number) => {
      const [block, commit] = await Promise.all([chain.encodedBlock(height), chain.commit(height)]);
      assert.ok(block !== undefined && commit !== undefined);
      const delivered = { block, commit: commitCodec.encode(commit) };
      const { validators } = follower.tip();
      return openFinal(delivered, { height, validators, identity: IDENTITY, verifier: VERIFIER });
    };
    await include(chain, [evidence]);
    for (const height of [1, 2, 3]) {
      const { block, commit } = await copy(height);
      await follower.finalise(block, commit);
    }
    assert.deepEqual(follower.tip().stateRoot, chain.tip().stateRoot);
    const { validator } = evidence as Extract<Evidence, { kind: 'duplicate-vote' }>;
    assert.equal((await ledger.offences(validator.address, { limit: 10 })).length, 1);
    // A quorum that makes invalid evidence final has broken the rules: this node goes no further.
    const { bytes: _bytes, hash: _hash, ...content } = await doubleVote(chain, { height: 1 });
    const invalid = sealEvidence({ ...content, timeMs: content.timeMs + 1 });
    const wrong = withEvidence(await assemble(follower, []), [invalid]);
    assert.equal(await codeOf(follower.finalise(wrong, commitBlock(follower, wrong))), 'block.diverged');
    assert.equal(await codeOf(follower.validate(wrong)), 'block.halted');
  });

  it('EVID-15: in a proposed block, is not held invalid by who keeps nothing of its height', async () => {
    const { chain } = await chainOf(2);
    const { bytes: _bytes, hash: _hash, ...content } = await doubleVote(chain, { height: 1 });
    const old = sealEvidence({ ...content, height: 0 });
    const block = withEvidence(await assemble(chain, []), [old]);
    assert.equal(await codeOf(chain.validate(block)), 'block.evidence-not-checkable');
  });

  it('survives the encoding of the block', async () => {
    const { chain } = await chainOf(2);
    const block = await include(chain, [await doubleProposal(chain, { height: 1 })]);
    assert.deepEqual(await chain.encodedBlock(3), encodeBlock(block));
  });
});
