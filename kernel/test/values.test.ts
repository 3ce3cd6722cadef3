import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ByteListType, ContainerType, ListCompositeType, UintBigintType } from '@chainsafe/ssz';
import fc from 'fast-check';
import {
  AMOUNT_MAX,
  addAmounts,
  bytesToUint64,
  codec,
  compareBytes,
  defineErrors,
  demandsHalt,
  equalBytes,
  fromHex,
  fromUtf8,
  hash,
  invariant,
  isCodedError,
  listProof,
  listRoot,
  multiplyAmount,
  parseAmount,
  registeredErrors,
  subtractAmounts,
  toHex,
  uint64,
  uint64ToBytes,
  verifyListProof,
} from '#kernel';

const coded = (code: string) => (error: unknown) => isCodedError(error, code);

describe('amounts', () => {
  it('never leave unsigned 128 bits', () => {
    assert.equal(addAmounts(AMOUNT_MAX, 0n), AMOUNT_MAX);
    assert.throws(() => addAmounts(AMOUNT_MAX, 1n), coded('kernel.amount-overflow'));
    assert.throws(() => subtractAmounts(1n, 2n), coded('kernel.amount-overflow'));
    assert.throws(() => multiplyAmount(AMOUNT_MAX, 2n), coded('kernel.amount-overflow'));
  });

  it('have one text form', () => {
    assert.equal(parseAmount(AMOUNT_MAX.toString()), AMOUNT_MAX);
    for (const text of [
      '',
      '-1',
      '+1',
      '01',
      '1.0',
      '1e3',
      ' 1',
      '0x1',
      '１',
      (AMOUNT_MAX + 1n).toString(),
    ]) {
      assert.throws(() => parseAmount(text), coded('kernel.malformed-amount'), text);
    }
  });
});

describe('bytes', () => {
  it('hex and 64-bit integers survive their forms and sort alike', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
        assert.equal(bytesToUint64(uint64ToBytes(a)), a);
        assert.equal(Math.sign(compareBytes(uint64ToBytes(a), uint64ToBytes(b))), Math.sign(a - b));
        assert.deepEqual(fromHex(toHex(uint64ToBytes(a))), uint64ToBytes(a));
      }),
    );
  });

  it('refuse malformed text', () => {
    assert.throws(() => fromHex('0g'), coded('kernel.malformed-hex'));
    assert.throws(() => fromHex('000'), coded('kernel.malformed-hex'));
    assert.throws(() => fromHex('00', 2), coded('kernel.malformed-hex'));
    assert.throws(() => fromUtf8(Uint8Array.of(0xff)), coded('kernel.malformed-text'));
  });
});

describe('codec', () => {
  const sample = codec(
    'sample',
    new ContainerType({
      count: uint64,
      amount: new UintBigintType(16),
      items: new ListCompositeType(new ByteListType(8), 4),
      tail: new ByteListType(16),
    }),
    128,
  );
  const values = fc.record(
    {
      count: fc.maxSafeNat(),
      amount: fc.bigInt({ min: 0n, max: AMOUNT_MAX }),
      items: fc.array(fc.uint8Array({ maxLength: 8 }), { maxLength: 4 }),
      tail: fc.uint8Array({ maxLength: 16 }),
    },
    { noNullPrototype: true },
  );

  it('has one encoding a value: no other bytes decode to it', () => {
    fc.assert(
      fc.property(values, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, at, change) => {
        const bytes = sample.encode(value);
        assert.deepEqual(sample.decode(bytes), value);
        const damaged = bytes.slice();
        const place = at % damaged.length;
        damaged[place] = (damaged[place] as number) ^ change;
        let other: unknown;
        try {
          other = sample.decode(damaged);
        } catch (error) {
          assert.ok(isCodedError(error));
          return;
        }
        assert.notDeepEqual(other, value);
      }),
    );
  });

  it('decodes any bytes to a value that encodes back, or refuses them with a code', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 140 }), (bytes) => {
        try {
          assert.deepEqual(sample.encode(sample.decode(bytes)), bytes);
        } catch (error) {
          assert.ok(isCodedError(error), String(error));
        }
      }),
    );
  });

  it('refuses integers that a number cannot hold, oversize input, and values outside their type', () => {
    const bytes = sample.encode({ count: 1, amount: 1n, items: [], tail: new Uint8Array(0) });
    const huge = bytes.slice();
    huge.fill(0xff, 0, 8);
    assert.throws(() => sample.decode(huge), coded('kernel.malformed-encoding'));
    assert.throws(() => sample.decode(new Uint8Array(129)), coded('kernel.too-large'));
    const value = { count: 1, amount: 1n, items: [] as Uint8Array[], tail: new Uint8Array(0) };
    for (const wrong of [
      { ...value, count: -1 },
      { ...value, count: 2 ** 60 + 0.5 },
      { ...value, amount: AMOUNT_MAX + 1n },
      { ...value, tail: new Uint8Array(17) },
      { ...value, items: Array.from({ length: 5 }, () => new Uint8Array(1)) },
    ]) {
      assert.throws(() => sample.encode(wrong), coded('kernel.unencodable-value'));
    }
  });
});

describe('Merkle tree over a list', () => {
  const items = fc.array(fc.uint8Array({ maxLength: 20 }), { minLength: 1, maxLength: 40 });

  it('proves every item at its index and nowhere else', () => {
    fc.assert(
      fc.property(items, fc.nat(), fc.nat(), (list, at, elsewhere) => {
        const index = at % list.length;
        const item = list[index] as Uint8Array;
        const root = listRoot(list);
        const proof = listProof(list, index);
        assert.ok(verifyListProof(root, item, proof));
        const other = elsewhere % list.length;
        // In a list like [a, b, a, b] one proof holds for both places of a.
        const isElsewhere = equalBytes(list[other] as Uint8Array, item);
        if (!isElsewhere) assert.equal(verifyListProof(root, item, { ...proof, index: other }), false);
        assert.equal(verifyListProof(root, item, { ...proof, index: list.length }), false);
        assert.equal(verifyListProof(root, item, { ...proof, path: [...proof.path, root] }), false);
        assert.equal(verifyListProof(hash('merkle-empty'), item, proof), false);
      }),
    );
  });

  it('separates leaves from nodes and the empty list from all others', () => {
    const two = listRoot([Uint8Array.of(1), Uint8Array.of(2)]);
    assert.notDeepEqual(listRoot([two]), two);
    assert.deepEqual(listRoot([]), hash('merkle-empty'));
    assert.throws(() => listProof([], 0), RangeError);
  });
});

describe('errors', () => {
  it('carry code, status and action, and are declared once', () => {
    const failure = defineErrors('kernel-test', {
      'some-reason': { status: 409, action: 'retry', title: 'Some reason' },
    });
    const error = failure('some-reason', 'what happened', { count: 1 });
    assert.equal(error.code, 'kernel-test.some-reason');
    assert.deepEqual([error.status, error.action, error.details], [409, 'retry', { count: 1 }]);
    assert.ok(registeredErrors().some(({ code }) => code === 'kernel-test.some-reason'));
    assert.throws(
      () => defineErrors('kernel-test', { 'some-reason': { status: 400, action: 'ignore', title: '' } }),
      /declared twice/,
    );
  });

  it('a broken invariant demands a halt', () => {
    assert.throws(
      () => invariant(false, 'one is two'),
      (error) => demandsHalt(error) && /one is two/.test(String(error)),
    );
    assert.equal(demandsHalt(new Error('other')), false);
  });
});
