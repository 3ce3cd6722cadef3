import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hash, isCodedError, toHex } from '#kernel';
import { MESSAGE_BYTES_MAX } from '../limits.ts';
import { decodeLogEntry, encodeLogEntry, type LogEntry } from '../store/log-entries.ts';
import { decodeMessage, encodeMessage, proposalHead } from '../wire/codec.ts';
import type { ConsensusMessage, RoundState, SignedProposal, SignedVote } from '../wire/messages.ts';

const filled = (length: number, byte: number) => new Uint8Array(length).fill(byte);

const vote: SignedVote = {
  body: { kind: 'precommit', height: 2 ** 40, round: 3, blockHash: filled(32, 1) },
  validatorIndex: 5,
  signature: filled(64, 2),
};
const nilVote: SignedVote = { ...vote, body: { ...vote.body, kind: 'prevote', blockHash: undefined } };
const proposal: SignedProposal = {
  body: { height: 9, round: 2, polRound: 1, blockHash: filled(32, 3) },
  proposerIndex: 1,
  signature: filled(64, 4),
  header: filled(200, 5),
  lastCommit: filled(300, 6),
  transactionIds: [filled(32, 7), filled(32, 8)],
  evidence: [filled(40, 9)],
};
const state: RoundState = {
  height: 9,
  round: 2,
  step: 'precommit',
  prevotes: [true, false, true, true],
  precommits: [false, false, false, true],
  needsProposal: { round: 2, blockHash: undefined },
  wanted: [{ kind: 'prevote', round: 1, blockHash: filled(32, 9), has: [true, false, false, false] }],
};

/** The bytes are part of the protocol: a changed hash here is a new version of it. */
const MESSAGES: readonly { message: ConsensusMessage; bytes: number; hash: string }[] = [
  { message: { kind: 'vote', vote }, bytes: 118, hash: '13e8a5b24cb7ed8d45022d4b1743cac4' },
  { message: { kind: 'vote', vote: nilVote }, bytes: 86, hash: '231821a9b08991d4d0e31868b16f385a' },
  { message: { kind: 'proposal', proposal }, bytes: 741, hash: 'c2b93d98b9166d7b11a0e96063f8e2e0' },
  { message: { kind: 'round-state', state }, bytes: 90, hash: '1c52c9a0408badf06855cd24c92430d3' },
];

const ENTRIES: readonly { entry: LogEntry; hash: string }[] = [
  { entry: { kind: 'vote', vote }, hash: 'f296117914a385fbb2d0c30e2936ba16' },
  { entry: { kind: 'proposal', proposal, timely: true }, hash: 'f0fddaab805ddf085a2cafb68137e2fc' },
  { entry: { kind: 'intent', proposal }, hash: '6e4a413f0ef1295d5cf46cef7b349d63' },
  { entry: { kind: 'block', block: filled(10, 1) }, hash: 'a361c824332efc9a5674c8146b7c3f4a' },
  {
    entry: { kind: 'validated', value: 'ab'.repeat(32), valid: false },
    hash: '48947c3b85a38586730dc76a3fc6b0a3',
  },
  {
    entry: { kind: 'timeout', timeout: { kind: 'precommit', round: 7 } },
    hash: 'd49a210d0d8c9a69fba86c6abbe68ceb',
  },
  { entry: { kind: 'transactions-available' }, hash: '27d832525351302d1bf57fafdcd1e68c' },
];

const fingerprint = (bytes: Uint8Array) => toHex(hash('merkle-leaf', bytes)).slice(0, 32);

describe('messages on the wire', () => {
  for (const [index, fixture] of MESSAGES.entries()) {
    it(`${index} ${fixture.message.kind}: the frozen bytes, and back`, () => {
      const bytes = encodeMessage(fixture.message);
      assert.deepEqual(decodeMessage(bytes), fixture.message);
      assert.equal(bytes.length, fixture.bytes);
      assert.equal(fingerprint(bytes), fixture.hash);
    });
  }

  it('refuses anything but the one encoding with a coded error', () => {
    for (const { message } of MESSAGES) {
      const bytes = encodeMessage(message);
      assert.throws(() => decodeMessage(bytes.subarray(0, -1)), isCodedError);
      assert.throws(() => decodeMessage(Uint8Array.of(...bytes, 0)), isCodedError);
    }
    assert.throws(() => decodeMessage(new Uint8Array(0)), { code: 'consensus.malformed-message' });
    assert.throws(() => decodeMessage(Uint8Array.of(77, 1)), { code: 'consensus.malformed-message' });
    const oversized = filled(MESSAGE_BYTES_MAX + 2, 1);
    assert.throws(() => decodeMessage(oversized), { code: 'kernel.too-large' });
  });

  it('refuses a proof of lock that is not older than its round, and unknown kinds', () => {
    const late = { ...proposal, body: { ...proposal.body, polRound: 2 } };
    const bytes = encodeMessage({ kind: 'proposal', proposal: late });
    assert.throws(() => decodeMessage(bytes), { code: 'consensus.malformed-message' });
    const strange = encodeMessage({ kind: 'vote', vote });
    strange[1] = 9;
    assert.throws(() => decodeMessage(strange), { code: 'consensus.malformed-message' });
  });

  it('reads the head of a proposal, and of nothing else, as the whole decoding does', () => {
    for (const polRound of [-1, 0]) {
      const body = { ...proposal.body, round: 1, polRound };
      const bytes = encodeMessage({ kind: 'proposal', proposal: { ...proposal, body } });
      const { proposerIndex } = proposal;
      assert.deepEqual(proposalHead(bytes), { body, proposerIndex });
      assert.equal(proposalHead(bytes.subarray(0, 52)), undefined);
    }
    assert.equal(proposalHead(encodeMessage({ kind: 'vote', vote })), undefined);
    assert.equal(proposalHead(new Uint8Array(0)), undefined);
  });

  it('answers any bytes with a message or a coded error', () => {
    const samples = MESSAGES.map(({ message }) => encodeMessage(message));
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }), (sample, position, flip) => {
        const bytes = (samples[sample % samples.length] as Uint8Array).slice();
        const at = position % bytes.length;
        bytes[at] = (bytes[at] as number) ^ flip;
        try {
          assert.deepEqual(encodeMessage(decodeMessage(bytes)), bytes);
        } catch (error) {
          if (!isCodedError(error)) throw error;
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('entries of the log', () => {
  for (const { entry, hash: expected } of ENTRIES) {
    it(`${entry.kind}: the frozen bytes, and back`, () => {
      const bytes = encodeLogEntry(2 ** 33 + 5, entry);
      assert.deepEqual(decodeLogEntry(bytes), { height: 2 ** 33 + 5, entry });
      assert.equal(fingerprint(bytes), expected);
    });
  }

  it('refuses what it does not know', () => {
    assert.throws(() => decodeLogEntry(new Uint8Array(3)), { code: 'consensus.log-corrupt' });
    assert.throws(() => decodeLogEntry(filled(20, 99)), { code: 'consensus.log-corrupt' });
  });
});
