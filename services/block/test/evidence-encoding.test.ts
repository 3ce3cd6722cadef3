import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hash, isCodedError, toHex } from '#kernel';
import { decodeEvidence, sealEvidence, type EvidenceContent } from '../domain/evidence/codec.ts';
import { duplicateProposalEvidence, duplicateVoteEvidence } from '../domain/evidence/make-evidence.ts';
import type { Commit, ProposalBody, VoteBody } from '../domain/types.ts';
import { filled, sampleHeader } from './fixtures/samples.ts';

const validator = { address: filled(20, 1), power: 7 };
const place = { height: 9, timeMs: 1_700_000_000_000 };
const commit: Commit = {
  height: 7,
  round: 2,
  blockHash: filled(32, 9),
  signatures: [filled(64, 1), undefined, filled(64, 3)],
};

const SAMPLES: readonly (readonly [EvidenceContent, string, string])[] = [
  [
    {
      kind: 'duplicate-vote',
      ...place,
      validator,
      voteKind: 'precommit',
      round: 3,
      first: { blockHash: undefined, signature: filled(64, 4) },
      second: { blockHash: filled(32, 5), signature: filled(64, 6) },
    },
    '808bdfce0b426826fca287f73b96400a5bbe6f699afe653edb1c8af34af2f992',
    '659f10621448eaf6eb9221b59fe8f50d86c092ec6d92413086150fa60d725f9f',
  ],
  [
    {
      kind: 'duplicate-proposal',
      ...place,
      validator,
      round: 3,
      first: { polRound: -1, blockHash: filled(32, 5), signature: filled(64, 4) },
      second: { polRound: 1, blockHash: filled(32, 5), signature: filled(64, 6) },
    },
    '5eaa1d4ea85fb609c27a14b242a9402c84bbb401bb852b2fd3c5ee837f9e3f25',
    'f674d80d56603809303b734fe23b29cf60293bb4fa8b485859e869dad3fd477d',
  ],
  [
    {
      kind: 'light-client-attack',
      ...place,
      header: sampleHeader(),
      commit,
      validators: [{ publicKey: filled(32, 2), power: 3 }],
      accountable: [validator],
    },
    '6a8e8d628d906bd0d4d61bcea7babbafcf457c5ede100bbb6fe7e2d87ceb9bd3',
    'df9d50449d51b01fa14f9e04967419ae476434a1e39d62f3a0df421f9c1a8bb3',
  ],
];

describe('the encoding of evidence (EVID-1)', () => {
  for (const [content, bytes, identity] of SAMPLES) {
    it(`${content.kind}: the bytes and the identity are frozen, and come back`, () => {
      const evidence = sealEvidence(content);
      assert.equal(toHex(hash('receipt', evidence.bytes)), bytes);
      assert.equal(toHex(evidence.hash), identity);
      assert.deepEqual(decodeEvidence(evidence.bytes), evidence);
    });
  }

  it('bytes that are no evidence are refused with a code, and what is accepted has one encoding', () => {
    const encoded = SAMPLES.map(([content]) => sealEvidence(content).bytes);
    const mutations = fc.tuple(
      fc.nat({ max: SAMPLES.length - 1 }),
      fc.nat(),
      fc.integer({ min: 0, max: 255 }),
      fc.integer({ min: -2, max: 2 }),
    );
    fc.assert(
      fc.property(mutations, ([sample, at, byte, growth]) => {
        const source = encoded[sample] as Uint8Array;
        const bytes = new Uint8Array(source.length + growth);
        bytes.set(source.subarray(0, bytes.length));
        bytes[at % bytes.length] = byte;
        try {
          const { bytes: own, hash: identity, ...content } = decodeEvidence(bytes);
          const again = sealEvidence(content);
          assert.deepEqual([again.bytes, again.hash, own], [bytes, identity, bytes]);
        } catch (error) {
          if (!isCodedError(error)) throw error;
        }
      }),
      { numRuns: 500 },
    );
    for (const bytes of [new Uint8Array(0), Uint8Array.of(0), Uint8Array.of(99, 1, 2)]) {
      assert.throws(() => decodeEvidence(bytes), { code: 'block.malformed-evidence' });
    }
    assert.throws(() => decodeEvidence(new Uint8Array(600 * 1024).fill(3)), { code: 'kernel.too-large' });
  });
});

describe('the order of the two messages (EVID-2)', () => {
  const hashes = fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }), { nil: undefined });
  const signed = <Body>(body: Body) => ({ body, signature: filled(64, 1) });
  const offence = { validator, timeMs: 5 };

  it('does not matter: two votes make one evidence, and equal ones or those of other places none', () => {
    fc.assert(
      fc.property(hashes, hashes, fc.constantFrom('prevote', 'precommit'), (one, other, kind) => {
        const voteFor = (blockHash: Uint8Array | undefined): VoteBody => ({
          kind,
          height: 3,
          round: 1,
          blockHash,
        });
        const [a, b] = [signed(voteFor(one)), signed(voteFor(other))];
        const made = duplicateVoteEvidence(a, b, offence);
        assert.deepEqual(made, duplicateVoteEvidence(b, a, offence));
        const isSame = one === other || (one && other && toHex(one) === toHex(other));
        assert.equal(made === undefined, isSame === true);
        if (made !== undefined) assert.deepEqual(decodeEvidence(made.bytes), made);
        for (const change of [
          { height: 4 },
          { round: 2 },
          { kind: kind === 'prevote' ? 'precommit' : 'prevote' },
        ]) {
          const elsewhere = signed({ ...b.body, ...change } as VoteBody);
          assert.equal(duplicateVoteEvidence(a, elsewhere, offence), undefined);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('does not matter for proposals, which differ by block or by proof of lock', () => {
    const proposal = (blockHash: number, polRound: number): ProposalBody => {
      return { height: 3, round: 4, polRound, blockHash: filled(32, blockHash) };
    };
    const bodies = [proposal(1, -1), proposal(2, -1), proposal(1, 2)];
    for (const a of bodies) {
      for (const b of bodies) {
        const made = duplicateProposalEvidence(signed(a), signed(b), offence);
        assert.deepEqual(made, duplicateProposalEvidence(signed(b), signed(a), offence));
        assert.equal(made === undefined, a === b);
      }
      const elsewhere = signed({ ...a, round: 5, blockHash: filled(32, 9) });
      assert.equal(duplicateProposalEvidence(signed(a), elsewhere, offence), undefined);
    }
  });

  it('is one in the bytes: the other order is refused', () => {
    for (const [content] of SAMPLES.slice(0, 2)) {
      if (content.kind === 'light-client-attack') continue;
      const swapped = { ...content, first: content.second, second: content.first } as EvidenceContent;
      const twice = { ...content, second: content.first } as EvidenceContent;
      for (const wrong of [swapped, twice]) {
        assert.throws(() => decodeEvidence(sealEvidence(wrong).bytes), { code: 'block.malformed-evidence' });
      }
    }
  });
});
