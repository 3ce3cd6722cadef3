import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hash, isCodedError, toHex, utf8 } from '#kernel';
import { TRANSACTION_BYTES_MAX } from '#services/transaction';
import { VALIDATORS_MAX } from '#services/validator';
import {
  blockHash,
  commitCodec,
  commitHash,
  encodeBlock,
  headerCodec,
  makeBlock,
  proposalBodyCodec,
  proposalDigest,
  voteBodyCodec,
  voteDigest,
  type Commit,
  type Header,
  type ProposalBody,
  type VoteBody,
} from '../index.ts';
import { blockWire } from '../domain/block.ts';
import {
  BLOCK_EVIDENCE_BYTES_MAX,
  BLOCK_EVIDENCE_MAX,
  BLOCK_TRANSACTION_BYTES_MAX,
  CHAIN_ID_BYTES_MAX,
  COMMIT_VALIDATORS_MAX,
} from '../limits.ts';
import { joinItems, fromStoredValue, splitItems, toStoredValue } from '../store/stored-value.ts';
import { oneBlockBytesMax, rangeRequestCodec, rangeResponseCodec, statusCodec } from '../sync/messages.ts';
import { filled, GENESIS_HASH, looseTransaction, sampleHeader } from './fixtures/samples.ts';

const commit: Commit = {
  height: 6,
  round: 2,
  blockHash: filled(32, 9),
  signatures: [filled(64, 1), undefined, filled(64, 3), filled(64, 4)],
};
const transactions = [
  looseTransaction({ bytes: utf8('first') }),
  looseTransaction({ bytes: utf8('second') }),
];

// A frozen encoding is part of the protocol: these change only with a new block version.
const FROZEN: readonly [name: string, bytes: () => Uint8Array, expected: string][] = [
  [
    'header',
    () => headerCodec.encode(sampleHeader()),
    'hash c2a23102f4c34524ae580ccac065d3873e9672ca1baa4d86ba584d3a819f15a7',
  ],
  [
    'block hash',
    () => blockHash(sampleHeader()),
    '4bb14659e6c948e6fe45f0b38c812cd5c03c472809958834c3155584cf624efc',
  ],
  [
    'commit',
    () => commitCodec.encode(commit),
    'hash 5b14b5bde218376360290af8879c754be572bbe2b35c74b0d2446b85a674ceb1',
  ],
  [
    'commit hash',
    () => commitHash(commit),
    '8062e6fe616a9ad216ae4b7173e49a3d781542a6197f5077e99b84faad0196e1',
  ],
  [
    'vote',
    () => voteBodyCodec.encode({ kind: 'precommit', height: 7, round: 1, blockHash: filled(32, 9) }),
    '02070000000000000001000000110000000909090909090909090909090909090909090909090909090909090909090909',
  ],
  [
    'vote for nil',
    () => voteBodyCodec.encode({ kind: 'prevote', height: 7, round: 1, blockHash: undefined }),
    '0107000000000000000100000011000000',
  ],
  [
    'vote digest',
    () => voteDigest({ kind: 'prevote', height: 7, round: 1, blockHash: undefined }, GENESIS_HASH),
    'b0b8078a918e690909c4e8f098098d6e0d4f2301e76ad3de10c583db0e27992f',
  ],
  [
    'proposal',
    () => proposalBodyCodec.encode({ height: 7, round: 1, polRound: -1, blockHash: filled(32, 9) }),
    '070000000000000001000000000000000909090909090909090909090909090909090909090909090909090909090909',
  ],
  [
    'proposal digest',
    () => proposalDigest({ height: 7, round: 3, polRound: 2, blockHash: filled(32, 9) }, GENESIS_HASH),
    '3ea0f02978eb6d5578da4faf7a8ecc819117c2a4af7371803f2452ed4e381383',
  ],
  [
    'block',
    () => encodeBlock(makeBlock(sampleHeader(), transactions, commit)),
    'hash 772d9e514e884045cc8124cb82e85fa9d80fc6efcd35f24a9d9e535076caa3d6',
  ],
  ['status', () => statusCodec.encode({ height: 7, earliest: 1 }), '07000000000000000100000000000000'],
  [
    'range request',
    () => rangeRequestCodec.encode({ from: 7, count: 3, maxBytes: 1000 }),
    '070000000000000003000000e8030000',
  ],
  [
    'range response',
    () => rangeResponseCodec.encode([{ block: utf8('block'), commit: utf8('commit') }]),
    '04000000080000000d000000626c6f636b636f6d6d6974',
  ],
];

for (const [name, bytes, expected] of FROZEN) {
  test(`the encoding of a ${name} is frozen`, () => {
    const encoded = bytes();
    // Long ones are frozen by their hash.
    const shown = encoded.length <= 64 ? toHex(encoded) : `hash ${toHex(hash('receipt', encoded))}`;
    assert.equal(shown, expected);
  });
}

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const height = fc.maxSafeNat();
const round = fc.nat({ max: 2 ** 31 - 1 });

const headers: fc.Arbitrary<Header> = fc.record(
  {
    version: fc.nat({ max: 2 ** 32 - 1 }),
    chainId: fc.string({ unit: 'grapheme-ascii', maxLength: 64 }),
    height,
    timeMs: height,
    parentHash: bytes32,
    proposer: fc.uint8Array({ minLength: 20, maxLength: 20 }),
    transactionRoot: bytes32,
    evidenceRoot: bytes32,
    stateRoot: bytes32,
    receiptRoot: bytes32,
    commitHash: bytes32,
    validatorSetHash: bytes32,
    nextValidatorSetHash: bytes32,
  },
  { noNullPrototype: true },
);
const commits: fc.Arbitrary<Commit> = fc.record(
  {
    height,
    round,
    blockHash: bytes32,
    signatures: fc.array(fc.option(fc.uint8Array({ minLength: 64, maxLength: 64 }), { nil: undefined }), {
      maxLength: 20,
    }),
  },
  { noNullPrototype: true },
);
const votes: fc.Arbitrary<VoteBody> = fc.record(
  {
    kind: fc.constantFrom('prevote', 'precommit'),
    height,
    round,
    blockHash: fc.option(bytes32, { nil: undefined }),
  },
  { noNullPrototype: true },
);
const proposals: fc.Arbitrary<ProposalBody> = fc
  .record({ height, round, blockHash: bytes32, pol: fc.nat({ max: 2 ** 31 - 1 }) }, { noNullPrototype: true })
  .map(({ height, round, blockHash, pol }) => {
    return { height, round, blockHash, polRound: (pol % (round + 1)) - 1 };
  });

function roundTrips<Value>(
  name: string,
  codec: { encode(value: Value): Uint8Array; decode(bytes: Uint8Array): Value },
  values: fc.Arbitrary<Value>,
) {
  test(`a ${name} survives its encoding`, () => {
    fc.assert(
      fc.property(values, (value) => assert.deepEqual(codec.decode(codec.encode(value)), value)),
      { numRuns: 100 },
    );
  });
  test(`bytes that are no ${name} are refused with a code, and what is accepted has one encoding`, () => {
    const mutated = fc.tuple(
      values,
      fc.nat(),
      fc.integer({ min: 0, max: 255 }),
      fc.integer({ min: -2, max: 2 }),
    );
    fc.assert(
      fc.property(mutated, ([value, at, byte, growth]) => {
        const encoded = codec.encode(value);
        const bytes = new Uint8Array(encoded.length + growth);
        bytes.set(encoded.subarray(0, bytes.length));
        bytes[at % bytes.length] = byte;
        try {
          assert.deepEqual(codec.encode(codec.decode(bytes)), bytes);
        } catch (error) {
          if (!isCodedError(error)) throw error;
        }
      }),
      { numRuns: 200 },
    );
  });
}

roundTrips('header', headerCodec, headers);
roundTrips('commit', commitCodec, commits);
roundTrips('vote', voteBodyCodec, votes);
roundTrips('proposal', proposalBodyCodec, proposals);

test('a commit whose bits and signatures disagree is refused', () => {
  const encoded = commitCodec.encode(commit);
  // The bit list stands between the fixed part (8 + 4 + 32 + two 4-byte offsets) and the signatures.
  const bits = encoded.slice();
  bits[52] = 0b11111;
  assert.throws(() => commitCodec.decode(bits), { code: 'block.malformed-commit' });
});

test('a header with a chain id that is too long is not encoded', () => {
  assert.throws(() => headerCodec.encode(sampleHeader({ chainId: 'x'.repeat(65) })), {
    code: 'kernel.unencodable-value',
  });
});

test('a block has room for every transaction', () => {
  assert.equal(BLOCK_TRANSACTION_BYTES_MAX, TRANSACTION_BYTES_MAX);
});

test('block sync takes the largest block that the ledger allows', () => {
  const ledger = { maxBlockBytes: 4 * 2 ** 20, maxBlockTransactions: 10_000 };
  const parts = (count: number, bytes: number) =>
    Array.from({ length: count }, () => new Uint8Array(Math.floor(bytes / count)));
  const everybody = commitCodec.encode({
    ...commit,
    signatures: Array.from({ length: COMMIT_VALIDATORS_MAX }, () => filled(64, 1)),
  });
  const block = blockWire.encode({
    header: headerCodec.encode(sampleHeader({ chainId: 'x'.repeat(CHAIN_ID_BYTES_MAX) })),
    commit: everybody,
    transactions: parts(ledger.maxBlockTransactions, ledger.maxBlockBytes),
    evidence: parts(BLOCK_EVIDENCE_MAX, BLOCK_EVIDENCE_BYTES_MAX),
  });
  const { length } = rangeResponseCodec.encode([{ block, commit: everybody }]);
  assert.ok(length <= oneBlockBytesMax(ledger), `${length} bytes`);
  assert.ok(length > 0.99 * oneBlockBytesMax(ledger), `${length} bytes`);
});

test('a commit has room for every validator', () => {
  assert.ok(COMMIT_VALIDATORS_MAX >= VALIDATORS_MAX);
});

test('every member of a header is in its hash', () => {
  const base = toHex(blockHash(sampleHeader()));
  const changes: Partial<Header>[] = [
    { version: 2 },
    { chainId: 'sample-2' },
    { height: 8 },
    { timeMs: 1 },
    { parentHash: filled(32, 0xff) },
    { proposer: filled(20, 0xff) },
    { transactionRoot: filled(32, 0xff) },
    { evidenceRoot: filled(32, 0xff) },
    { stateRoot: filled(32, 0xff) },
    { receiptRoot: filled(32, 0xff) },
    { commitHash: filled(32, 0xff) },
    { validatorSetHash: filled(32, 0xff) },
    { nextValidatorSetHash: filled(32, 0xff) },
  ];
  assert.equal(changes.length, Object.keys(sampleHeader()).length);
  const hashes = changes.map((change) => toHex(blockHash(sampleHeader(change))));
  assert.equal(new Set([base, ...hashes]).size, changes.length + 1);
});

test('votes of another kind, round, block or chain have other digests', () => {
  const vote: VoteBody = { kind: 'prevote', height: 1, round: 0, blockHash: filled(32, 1) };
  const digests = [
    voteDigest(vote, GENESIS_HASH),
    voteDigest({ ...vote, kind: 'precommit' }, GENESIS_HASH),
    voteDigest({ ...vote, height: 2 }, GENESIS_HASH),
    voteDigest({ ...vote, round: 1 }, GENESIS_HASH),
    voteDigest({ ...vote, blockHash: undefined }, GENESIS_HASH),
    voteDigest(vote, filled(32, 1)),
    proposalDigest({ height: 1, round: 0, polRound: -1, blockHash: filled(32, 1) }, GENESIS_HASH),
  ].map(toHex);
  assert.equal(new Set(digests).size, digests.length);
});

test('stored values and joined items come back, compressed where it helps', () => {
  const items = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 30 });
  fc.assert(
    fc.property(items, (parts) => {
      assert.deepEqual(splitItems(fromStoredValue(toStoredValue(joinItems(parts)))), parts);
    }),
    { numRuns: 100 },
  );
  assert.ok(toStoredValue(filled(100_000, 7)).length < 200);
});

test('a damaged stored value is a corrupt home, not a crash', () => {
  const stored = toStoredValue(filled(5_000, 7));
  for (const damaged of [stored.slice(0, -3), Uint8Array.of(9, 1, 2), new Uint8Array(0)]) {
    assert.throws(() => fromStoredValue(damaged), { code: 'block.corrupt-home' });
  }
  assert.throws(() => splitItems(Uint8Array.of(0, 0, 0, 9, 1)), { code: 'block.corrupt-home' });
});
