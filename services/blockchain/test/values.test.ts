import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import fc from 'fast-check';
import { AMOUNT_MAX, hash, isCodedError, listProof, listRoot, toHex, utf8, verifyListProof } from '#kernel';
import {
  attestationRecord,
  consensusParametersCodec,
  feePoolCodec,
  ledgerParametersCodec,
  rotationRecord,
} from '../domain/values.ts';
import {
  accountCodec,
  blockEventCodec,
  receiptCodec,
  receiptRootItems,
  stateKey,
  type BlockEvent,
  type Receipt,
} from '../index.ts';
import { LABEL_BYTES_MAX } from '../limits.ts';
import { filled, genesisState } from './support/samples.ts';

const address = filled(20, 0xaa);
const digest = filled(32, 0xd1);
const receipt: Receipt = {
  transactionHash: filled(32, 1),
  status: 'failed',
  code: 'blockchain.insufficient-balance',
  gasUsed: 1_500,
  fee: 3_000n,
  events: [{ type: 'transfer', attributes: [{ key: 'amount', value: '7' }] }],
};

const blockEvent: BlockEvent = {
  when: 'after',
  type: 'validator.jailed',
  attributes: [{ key: 'reason', value: 'downtime' }],
};

// Part of the protocol: what the state root and the receipt root are over.
const FROZEN: readonly [name: string, bytes: () => Uint8Array, expected: string][] = [
  [
    'account',
    () => accountCodec.encode({ balance: 2n ** 100n + 1n, nonce: 7 }),
    '010000000000000000000000100000000700000000000000',
  ],
  ['fee pool', () => feePoolCodec.encode({ balance: 258n }), '02010000000000000000000000000000'],
  [
    'attestation',
    () => attestationRecord.encode({ label: 'Vertrag №7', height: 9, timeMs: 1_700_000_000_123 }),
    '1400000009000000000000007b68e5cf8b0100005665727472616720e2849637',
  ],
  [
    'proposer rotation',
    () => rotationRecord.encode({ priorities: [0, 1, -1, 2 ** 50, -(2 ** 50)] }),
    '0400000000000000000000000100000000000000ffffffffffffffff0000000000000400000000000000fcff',
  ],
  [
    'ledger parameters',
    () => ledgerParametersCodec.encode(genesisState().ledger),
    'hash 6a71317d2b30dbca6307090106db68d6b9e4efbf1e913905d0bc72cdfbda96c1',
  ],
  [
    'consensus parameters',
    () => consensusParametersCodec.encode(genesisState().consensus),
    'e80300000000000084030000000000002003000000000000f4010000000000008813000000000000fa00000000000000d007000000000000',
  ],
  [
    'receipt',
    () => receiptCodec.encode(receipt),
    'hash 848ac826270609417bf3f695c9a62c8ec463ddd38e3eea13532712bb9cfe7246',
  ],
  [
    'block event',
    () => blockEventCodec.encode(blockEvent),
    '01090000001900000076616c696461746f722e6a61696c656404000000080000000e000000726561736f6e646f776e74696d65',
  ],
  [
    'receipt root items',
    () => receiptRootItems([utf8('a'), utf8('b')], [utf8('c')])[2] ?? assert.fail(),
    '48704cc15e3b94a04d4ed22b3a8e50a640d4d8afca8171348767336cf3d338b9',
  ],
  ['account key', () => stateKey.account(address), '00aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
  ['validator key', () => stateKey.validator(address), '01aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
  [
    'attestation key',
    () => stateKey.attestation(digest, address),
    '05d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  ],
  ['ledger parameters key', () => stateKey.ledgerParameters(), '02'],
  ['consensus parameters key', () => stateKey.consensusParameters(), '03'],
  ['proposer rotation key', () => stateKey.proposerRotation(), '04'],
  ['fee pool key', () => stateKey.feePool(), '06'],
];

for (const [name, bytes, expected] of FROZEN) {
  test(`the encoding of the ${name} is frozen`, () => {
    const encoded = bytes();
    // Long ones are frozen by their hash.
    assert.equal(encoded.length <= 72 ? toHex(encoded) : `hash ${toHex(hash('receipt', encoded))}`, expected);
  });
}

const record = { noNullPrototype: true };
const amount = fc.bigInt({ min: 0n, max: AMOUNT_MAX });
const uint64 = fc.maxSafeNat();
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const textOf = (bytesMax: number) =>
  fc.string({ unit: 'binary', maxLength: bytesMax }).filter((text) => utf8(text).length <= bytesMax);

const receipts: fc.Arbitrary<Receipt> = fc.record(
  {
    transactionHash: bytes32,
    status: fc.constantFrom('finalized' as const, 'failed' as const),
    code: textOf(30),
    gasUsed: uint64,
    fee: amount,
    events: fc.array(
      fc.record(
        {
          type: textOf(30),
          attributes: fc.array(fc.record({ key: textOf(20), value: textOf(128) }, record), { maxLength: 8 }),
        },
        record,
      ),
      { maxLength: 5 },
    ),
  },
  record,
);

const blockEvents: fc.Arbitrary<BlockEvent> = fc.record(
  {
    when: fc.constantFrom('before' as const, 'after' as const),
    type: textOf(64),
    attributes: fc.array(fc.record({ key: textOf(20), value: textOf(512) }, record), { maxLength: 16 }),
  },
  record,
);

interface Encoding<Value> {
  encode(value: Value): Uint8Array;
  decode(bytes: Uint8Array): Value;
}

function describeEncoding<Value>(name: string, encoding: Encoding<Value>, values: fc.Arbitrary<Value>): void {
  describe(`encoding of a ${name}`, () => {
    it('gives back every value', () => {
      fc.assert(
        fc.property(values, (value) => assert.deepEqual(encoding.decode(encoding.encode(value)), value)),
      );
    });

    it('is one: other bytes are refused with a code or are another value', () => {
      const mutated = fc.tuple(values, fc.nat(), fc.nat({ max: 255 }), fc.integer({ min: -2, max: 2 }));
      fc.assert(
        fc.property(mutated, ([value, at, byte, growth]) => {
          const encoded = encoding.encode(value);
          const bytes = new Uint8Array(encoded.length + growth);
          bytes.set(encoded.subarray(0, bytes.length));
          bytes[at % bytes.length] = byte;
          try {
            assert.deepEqual(encoding.encode(encoding.decode(bytes)), bytes);
          } catch (error) {
            if (!isCodedError(error)) throw error;
          }
        }),
        { numRuns: 500 },
      );
    });
  });
}

describeEncoding('receipt', receiptCodec, receipts);
describeEncoding('block event', blockEventCodec, blockEvents);
describeEncoding('account', accountCodec, fc.record({ balance: amount, nonce: uint64 }, record));
describeEncoding(
  'proposer rotation',
  rotationRecord,
  fc.record({ priorities: fc.array(fc.maxSafeInteger(), { maxLength: 50 }) }, record),
);
describeEncoding(
  'attestation',
  {
    encode: attestationRecord.encode,
    decode(bytes) {
      const { label, height, timeMs } = attestationRecord.decode(
        stateKey.attestation(digest, address),
        bytes,
      );
      return { label, height, timeMs };
    },
  },
  fc.record({ label: textOf(LABEL_BYTES_MAX), height: uint64, timeMs: uint64 }, record),
);

test('the receipt root covers what a block did by itself, and no proof of it passes for one of a receipt', () => {
  fc.assert(
    fc.property(
      fc.array(receipts, { maxLength: 5 }),
      fc.array(blockEvents, { minLength: 1, maxLength: 5 }),
      (some, own) => {
        const encoded = some.map((one) => receiptCodec.encode(one));
        const events = own.map((one) => blockEventCodec.encode(one));
        const items = receiptRootItems(encoded, events);
        const root = listRoot(items);
        for (const [index, item] of items.entries()) {
          assert.ok(verifyListProof(root, item, listProof(items, index)));
        }
        const last = items.at(-1) ?? assert.fail('the events are no item');
        assert.throws(() => receiptCodec.decode(last), { code: 'kernel.malformed-encoding' });
        for (const [index] of events.entries()) {
          const without = receiptRootItems(encoded, events.toSpliced(index, 1));
          assert.notDeepEqual(listRoot(without), root);
        }
        assert.deepEqual(receiptRootItems(encoded, []), encoded);
      },
    ),
  );
});

test('a status that does not exist is no receipt', () => {
  const encoded = receiptCodec.encode(receipt);
  // After the hash.
  assert.equal(encoded[32], 1);
  encoded[32] = 2;
  assert.throws(() => receiptCodec.decode(encoded), { code: 'kernel.malformed-encoding' });
});

test('an attestation is told by its key: whose and of what', () => {
  const bytes = attestationRecord.encode({ label: 'x', height: 1, timeMs: 2 });
  assert.deepEqual(attestationRecord.decode(stateKey.attestation(digest, address), bytes), {
    digest,
    address,
    label: 'x',
    height: 1,
    timeMs: 2,
  });
});

test('what does not fit its type is not encoded', () => {
  for (const account of [
    { balance: AMOUNT_MAX + 1n, nonce: 0 },
    { balance: -1n, nonce: 0 },
    { balance: 1n, nonce: -1 },
    { balance: 1n, nonce: 2 ** 53 },
  ]) {
    assert.throws(() => accountCodec.encode(account), { code: 'kernel.unencodable-value' });
  }
  const events = Array.from({ length: 513 }, () => ({ type: 'transfer', attributes: [] }));
  assert.throws(() => receiptCodec.encode({ ...receipt, events }), { code: 'kernel.unencodable-value' });
});
