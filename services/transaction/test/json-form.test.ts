import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AMOUNT_MAX, formatAddress, isCodedError, utf8 } from '#kernel';
import {
  payloadFromJson,
  payloadToJson,
  transactionFromJson,
  transactionToJson,
  type TransactionPayload,
} from '../index.ts';
import { LABEL_BYTES_MAX } from '../limits.ts';
import { bigger, filled, IDENTITY, outputs, signed, signedByAccount } from './support/samples.ts';

const record = { noNullPrototype: true };
const payload: fc.Arbitrary<TransactionPayload> = fc.oneof(
  fc.record(
    {
      type: fc.constant('transfer' as const),
      outputs: fc.array(
        fc.record(
          {
            to: fc.uint8Array({ minLength: 20, maxLength: 20 }),
            amount: fc.bigInt({ min: 0n, max: AMOUNT_MAX }),
          },
          record,
        ),
        { maxLength: 20 },
      ),
    },
    record,
  ),
  fc.record(
    {
      type: fc.constant('attest' as const),
      digest: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      label: fc.string({ unit: 'binary' }).filter((text) => utf8(text).length <= LABEL_BYTES_MAX),
    },
    record,
  ),
);

/** A transaction as a client would send it. */
function sample(): Record<string, unknown> {
  return structuredClone(transactionToJson(bigger(0, 1))) as Record<string, unknown>;
}

function withMember([name, member]: readonly [string, unknown]): Record<string, unknown> {
  const changed = sample();
  changed[name] = member;
  return changed;
}

function refusal(value: unknown): string {
  try {
    transactionFromJson(value, IDENTITY);
  } catch (error) {
    if (isCodedError(error)) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('JSON form of a transaction', () => {
  it('gives back the same transaction, through text', () => {
    const members = fc.record(
      {
        payload,
        nonce: fc.maxSafeNat(),
        gasLimit: fc.maxSafeNat(),
        validUntil: fc.maxSafeNat(),
        gasPrice: fc.bigInt({ min: 0n, max: AMOUNT_MAX }),
      },
      record,
    );
    fc.assert(
      fc.property(members, (changes) => {
        const transaction = signed(0, changes);
        const text = JSON.stringify(transactionToJson(transaction));
        assert.deepEqual(transactionFromJson(JSON.parse(text), IDENTITY), transaction);
        assert.deepEqual(payloadFromJson(payloadToJson(changes.payload)), changes.payload);
      }),
      { numRuns: 200 },
    );
  });

  it('gives back a transaction of a secp256k1 key, and refuses the key under the other type', () => {
    const transaction = signedByAccount();
    const json = JSON.parse(JSON.stringify(transactionToJson(transaction))) as Record<string, unknown>;
    assert.equal(json['senderKeyType'], 'secp256k1');
    assert.match(String(json['senderKey']), /^0[23][0-9a-f]{64}$/);
    assert.deepEqual(transactionFromJson(json, IDENTITY), transaction);
    assert.equal(refusal({ ...json, senderKeyType: 'ed25519' }), 'transaction.malformed-key');
    assert.equal(refusal({ ...sample(), senderKeyType: 'secp256k1' }), 'transaction.malformed-key');
    assert.equal(refusal({ ...json, senderKey: `04${'11'.repeat(32)}` }), 'transaction.malformed-key');
  });

  it('keeps its frozen form', () => {
    const { senderKey: _, signature: __, ...members } = sample();
    assert.deepEqual(members, {
      chainId: 'test-chain-1',
      senderKeyType: 'ed25519',
      nonce: '0',
      gasLimit: '2500',
      gasPrice: '10',
      validUntil: '1000',
      payload: {
        type: 'transfer',
        outputs: [
          { to: formatAddress(filled(20, 0)), amount: '5' },
          { to: formatAddress(filled(20, 1)), amount: '5' },
        ],
      },
    });
    assert.match(String(sample()['senderKey']), /^[0-9a-f]{64}$/);
    assert.match(String(sample()['signature']), /^[0-9a-f]{128}$/);
  });

  it('refuses a missing or unknown member by name, at every level', () => {
    for (const name of Object.keys(sample())) {
      const { [name]: _, ...rest } = sample();
      assert.throws(() => transactionFromJson(rest, IDENTITY), { code: 'transaction.malformed-json' });
    }
    assert.throws(() => transactionFromJson({ ...sample(), memo: '' }, IDENTITY), /"memo"/);
    const digest = '00'.repeat(32);
    for (const value of [
      { type: 'transfer', outputs: [], memo: '' },
      { type: 'transfer', outputs: [{ to: '', amount: '1', memo: '' }] },
      { type: 'attest', digest, label: 'x', memo: '' },
    ]) {
      assert.throws(() => payloadFromJson(value), { code: 'transaction.malformed-json', message: /"memo"/ });
    }
    assert.throws(() => payloadFromJson({ type: 'transfer' }), /"outputs"/);
    assert.throws(() => payloadFromJson({ type: 'transfer', outputs: [{ to: '' }] }), /"amount"/);
    assert.throws(() => payloadFromJson({ type: 'attest', digest }), /"label"/);
  });

  it('refuses wrong members with the code of what is wrong', () => {
    const [first] = (payloadToJson({ type: 'transfer', outputs: outputs(1) }) as { outputs: object[] })
      .outputs;
    const transferOf = (changes: object) => ({ type: 'transfer', outputs: [{ ...first, ...changes }] });
    const attestOf = (changes: object) => ({
      type: 'attest',
      digest: '00'.repeat(32),
      label: 'x',
      ...changes,
    });
    const cases: readonly [changes: object, code: string][] = [
      [{ nonce: 0 }, 'transaction.malformed-json'],
      [{ nonce: '-1' }, 'transaction.malformed-json'],
      [{ nonce: '01' }, 'transaction.malformed-json'],
      [{ nonce: '1e3' }, 'transaction.malformed-json'],
      [{ nonce: '' }, 'transaction.malformed-json'],
      [{ nonce: '9007199254740992' }, 'transaction.malformed-json'],
      [{ chainId: null }, 'transaction.malformed-json'],
      [{ chainId: 'x'.repeat(51) }, 'kernel.unencodable-value'],
      [{ senderKeyType: 'rsa' }, 'transaction.malformed-json'],
      [{ senderKeyType: 'toString' }, 'transaction.malformed-json'],
      [{ senderKey: 'xyz' }, 'kernel.malformed-hex'],
      [{ senderKey: '00'.repeat(34) }, 'kernel.unencodable-value'],
      [{ signature: '00'.repeat(63) }, 'kernel.malformed-hex'],
      [{ gasPrice: '1.5' }, 'kernel.malformed-amount'],
      [{ gasPrice: (AMOUNT_MAX + 1n).toString() }, 'kernel.malformed-amount'],
      [{ payload: null }, 'transaction.malformed-json'],
      [{ payload: { type: 'burn' } }, 'transaction.malformed-json'],
      [{ payload: { type: 'transfer', outputs: {} } }, 'transaction.malformed-json'],
      [{ payload: { type: 'transfer', outputs: [null] } }, 'transaction.malformed-json'],
      [{ payload: { type: 'transfer', outputs: [first], __proto__: null } }, 'accepted'],
      [{ payload: transferOf({ to: 'bizra1qqqq' }) }, 'kernel.malformed-address'],
      [{ payload: transferOf({ amount: 5 }) }, 'transaction.malformed-json'],
      [{ payload: transferOf({ amount: '-5' }) }, 'kernel.malformed-amount'],
      [{ payload: attestOf({ digest: '00' }) }, 'kernel.malformed-hex'],
      [{ payload: attestOf({ label: 7 }) }, 'transaction.malformed-json'],
      [{ payload: attestOf({ label: 'x'.repeat(65) }) }, 'kernel.unencodable-value'],
      // JSON text may hold half a character, which no UTF-8 does.
      [{ payload: attestOf({ label: '\udc00' }) }, 'transaction.malformed-label'],
    ];
    for (const [changes, code] of cases) {
      assert.equal(refusal({ ...sample(), ...changes }), code, JSON.stringify(changes));
    }
    for (const value of [undefined, null, 7, 'text', [], [sample()]]) {
      assert.equal(refusal(value), 'transaction.malformed-json');
    }
  });

  it('refuses anything else with a code, never with a crash', () => {
    const value = fc.oneof(
      fc.anything(),
      fc.tuple(fc.constantFrom(...Object.keys(sample())), fc.jsonValue()).map(withMember),
      fc.jsonValue().map((member) => withMember(['payload', { type: 'transfer', outputs: [member] }])),
    );
    fc.assert(
      fc.property(value, (given) => {
        refusal(given);
      }),
      { numRuns: 500 },
    );
  });
});
