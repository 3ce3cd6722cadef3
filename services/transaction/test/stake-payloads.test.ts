import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import fc from 'fast-check';
import { AMOUNT_MAX, isCodedError, toHex, utf8 } from '#kernel';
import { decodeStakePayload, encodeStakePayload } from '../domain/stake-codec.ts';
import { movedBy } from '../domain/gas.ts';
import { TRANSACTION_TYPES } from '../domain/transaction.ts';
import {
  costOf,
  decodeTransaction,
  gasOf,
  isStakePayload,
  keyPossessionDigest,
  payloadFromJson,
  payloadToJson,
  transactionFromJson,
  transactionToJson,
  type StakePayload,
} from '../index.ts';
import { addressOf, codeOf, filled, IDENTITY, keyOf, signed } from './support/samples.ts';
import { TestAccounts, TestMempool } from './support/test-mempool.ts';

const record = { noNullPrototype: true };
const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const amount = fc.bigInt({ min: 0n, max: AMOUNT_MAX });
const address = bytesOf(20);
const textOf = (most: number) =>
  fc.string({ unit: 'binary', maxLength: most }).filter((text) => utf8(text).length <= most);
const identity = fc.record(
  {
    name: textOf(128),
    website: textOf(512),
    contact: textOf(512),
    description: textOf(512),
    location: textOf(512),
  },
  record,
);
const points = fc.nat({ max: 10_000 });
const commission = fc.record({ rate: points, maxRate: points, maxDailyChange: points }, record);
const keyed = { publicKey: bytesOf(32), proof: bytesOf(64) };
const typed = <const Type extends StakePayload['type']>(type: Type) => ({ type: fc.constant(type) });
const staked = { validator: address, amount };
const payload: fc.Arbitrary<StakePayload> = fc.oneof(
  fc.record(
    { ...typed('validator.register'), ...keyed, identity, commission, minSelfStake: amount, stake: amount },
    record,
  ),
  fc.record(
    { ...typed('validator.edit'), identity, commissionRate: points, minSelfStake: amount },
    { ...record, requiredKeys: ['type'] },
  ),
  fc.record(typed('validator.unjail'), record),
  fc.record(typed('validator.exit'), record),
  fc.record({ ...typed('validator.rotate-key'), ...keyed }, record),
  fc.record({ ...typed('stake.bond'), ...staked }, record),
  fc.record({ ...typed('stake.unbond'), ...staked }, record),
  fc.record({ ...typed('stake.redelegate'), source: address, destination: address, amount }, record),
  fc.record({ ...typed('stake.cancel-unbond'), ...staked, endMs: fc.maxSafeNat() }, record),
  fc.record({ ...typed('rewards.withdraw'), validator: address }, record),
);

const IDENTITY_OF_ONE = {
  name: 'Łódź 1',
  website: 'https://a.example',
  contact: '',
  description: '',
  location: 'PL',
};
const FROZEN: readonly (readonly [StakePayload, string])[] = [
  [
    {
      type: 'validator.register',
      publicKey: filled(32, 3),
      proof: filled(64, 4),
      identity: IDENTITY_OF_ONE,
      commission: { rate: 1_000, maxRate: 2_000, maxDailyChange: 100 },
      minSelfStake: 5n,
      stake: 2n ** 100n,
    },
    '030303030303030303030303030303030303030303030303030303030303030304040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404e803d007640005000000000000000000000000000000000000000000000000000000100000008a000000140000001d0000002e0000002e0000002e000000c581c3b364c5ba203168747470733a2f2f612e6578616d706c65504c',
  ],
  [{ type: 'validator.edit' }, '0c0000000c0000000c000000'],
  [
    { type: 'validator.edit', commissionRate: 258, minSelfStake: 1n },
    '0c0000000c0000000f0000000102010101000000000000000000000000000000',
  ],
  [{ type: 'validator.unjail' }, ''],
  [{ type: 'validator.exit' }, ''],
  [
    { type: 'validator.rotate-key', publicKey: filled(32, 3), proof: filled(64, 4) },
    '030303030303030303030303030303030303030303030303030303030303030304040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404',
  ],
  [
    { type: 'stake.bond', validator: filled(20, 1), amount: 258n },
    '010101010101010101010101010101010101010102010000000000000000000000000000',
  ],
  [
    { type: 'stake.unbond', validator: filled(20, 1), amount: 258n },
    '010101010101010101010101010101010101010102010000000000000000000000000000',
  ],
  [
    { type: 'stake.redelegate', source: filled(20, 1), destination: filled(20, 2), amount: 258n },
    '0101010101010101010101010101010101010101020202020202020202020202020202020202020202010000000000000000000000000000',
  ],
  [
    { type: 'stake.cancel-unbond', validator: filled(20, 1), endMs: 258, amount: 1n },
    '0101010101010101010101010101010101010101020100000000000001000000000000000000000000000000',
  ],
  [{ type: 'rewards.withdraw', validator: filled(20, 1) }, '0101010101010101010101010101010101010101'],
];

test('numbers of types, and encodings, are part of the protocol', () => {
  assert.deepEqual(Object.values(TRANSACTION_TYPES), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  for (const [value, expected] of FROZEN)
    assert.equal(toHex(encodeStakePayload(value)), expected, value.type);
});

describe('payloads of stake', () => {
  it('come back from their encoding, alone and in a signed transaction', () => {
    fc.assert(
      fc.property(payload, (value) => {
        assert.deepEqual(decodeStakePayload(value.type, encodeStakePayload(value)), value);
        const transaction = signed(0, { payload: value });
        assert.deepEqual(decodeTransaction(transaction.bytes, IDENTITY), transaction);
        assert(isStakePayload(transaction.payload));
      }),
    );
  });

  it('come back from their JSON form', () => {
    fc.assert(
      fc.property(payload, (value) => {
        const text = JSON.stringify(payloadToJson(value));
        assert.deepEqual(payloadFromJson(JSON.parse(text)), value);
        const transaction = signed(0, { payload: value });
        const json: unknown = JSON.parse(JSON.stringify(transactionToJson(transaction)));
        assert.deepEqual(transactionFromJson(json, IDENTITY), transaction);
      }),
    );
  });

  it('have one encoding: other bytes are refused with a code or are another payload', () => {
    fc.assert(
      fc.property(
        payload,
        fc.nat(),
        fc.nat({ max: 255 }),
        fc.integer({ min: -2, max: 2 }),
        (value, at, byte, growth) => {
          const encoded = encodeStakePayload(value);
          const bytes = new Uint8Array(Math.max(0, encoded.length + growth));
          bytes.set(encoded.subarray(0, bytes.length));
          if (bytes.length > 0) bytes[at % bytes.length] = byte;
          try {
            assert.deepEqual(encodeStakePayload(decodeStakePayload(value.type, bytes)), bytes);
          } catch (error) {
            if (!isCodedError(error)) throw error;
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('are refused in JSON with a member too many, too few or of another kind', () => {
    const good = payloadToJson(FROZEN[0]?.[0] as StakePayload) as Record<string, unknown>;
    const wrong: readonly object[] = [
      { ...good, memo: 'x' },
      { ...good, stake: 5 },
      { ...good, stake: undefined },
      { ...good, commission: { rate: 1, maxRate: 2 } },
      { ...good, commission: { rate: 10_001, maxRate: 2, maxDailyChange: 1 } },
      { ...good, commission: { rate: '1', maxRate: 2, maxDailyChange: 1 } },
      { ...good, identity: { website: 'x' } },
      { ...good, identity: { name: 'x', motto: 'y' } },
      { ...good, consensusKey: 'ab' },
      { type: 'validator.exit', validator: 'x' },
      { type: 'stake.bond', validator: 'bizra1', amount: '5' },
      { type: 'stake.mint' },
      { type: 'toString' },
    ];
    for (const value of wrong) {
      const json: unknown = JSON.parse(JSON.stringify(value));
      assert.throws(() => payloadFromJson(json), isCodedError, JSON.stringify(value));
    }
  });

  it('hold no text that is not Unicode', () => {
    const value = { ...(FROZEN[0]?.[0] as Extract<StakePayload, { type: 'validator.register' }>) };
    assert.throws(() => encodeStakePayload({ ...value, identity: { ...IDENTITY_OF_ONE, name: '\ud800' } }), {
      code: 'transaction.malformed-identity',
    });
    assert.throws(() => decodeStakePayload('validator.exit', Uint8Array.of(0)), {
      code: 'transaction.malformed-payload',
    });
  });
});

describe('admission of stake', () => {
  const proofBy = (key: number, operator: number, genesisHash = IDENTITY.genesisHash): Uint8Array =>
    keyOf(key).sign(keyPossessionDigest(genesisHash, addressOf(operator), keyOf(key).publicKey));
  const rotation = (proof: Uint8Array, key = 50) =>
    signed(0, {
      gasLimit: 20_000,
      payload: { type: 'validator.rotate-key', publicKey: keyOf(key).publicKey, proof },
    });

  it('takes a consensus key with the proof of who holds it, and no other (VAL-4)', async () => {
    const test = new TestMempool();
    const others = [proofBy(51, 0), proofBy(50, 1), proofBy(50, 0, filled(32, 1)), filled(64, 0)];
    for (const proof of others) {
      const [result] = await test.mempool.submit([rotation(proof).bytes], 'peer');
      assert.equal(result === undefined ? '' : codeOf(result), 'transaction.invalid-signature');
    }
    const [result] = await test.mempool.submit([rotation(proofBy(50, 0)).bytes], 'peer');
    assert.equal(result === undefined ? '' : codeOf(result), 'ok');
  });

  it('refuses nothing to move, too little gas, and more than the balance', async () => {
    const accounts = new TestAccounts();
    accounts.set(0, { balance: 200_000n });
    const test = new TestMempool({ accounts });
    const bond = (of: bigint, gasLimit = 4_000) =>
      signed(0, { gasLimit, payload: { type: 'stake.bond', validator: filled(20, 1), amount: of } });
    assert.deepEqual(await test.submit(bond(0n)), ['transaction.zero-amount']);
    assert.deepEqual(await test.submit(bond(5n, 3_999)), ['transaction.gas-limit-too-low']);
    assert.deepEqual(await test.submit(bond(160_001n)), ['mempool.insufficient-balance']);
    assert.deepEqual(await test.submit(bond(160_000n)), ['ok']);
  });

  it('counts what leaves the balance, and the gas of each type', () => {
    for (const [value] of FROZEN) {
      const gasLimit = gasOf(value, 'ed25519');
      assert(gasLimit > 1_000);
      const moved =
        value.type === 'stake.bond' ? 258n : value.type === 'validator.register' ? 2n ** 100n : 0n;
      assert.equal(movedBy(value), moved);
      assert.equal(costOf({ gasLimit, gasPrice: 2n, payload: value }), 2n * BigInt(gasLimit) + moved);
    }
  });
});
