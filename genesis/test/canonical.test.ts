import assert from 'node:assert/strict';
import { test } from 'node:test';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { concatBytes, fromUtf8, hash, utf8 } from '#kernel';
import { canonicalPieces, genesisHashOf } from '../document/canonical.ts';
import { bytesOf, makeDocument } from './fixtures/documents.ts';

function formOf(value: unknown): string {
  return fromUtf8(concatBytes(...canonicalPieces(value)));
}

const names = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 3 }),
  fc.constantFrom(
    '__proto__',
    'toJSON',
    'constructor',
    '10',
    '9',
    '',
    'é',
    '\u20ac',
    '\ud83d\ude00',
    'a',
    'b',
    '"',
  ),
);
const values = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(fc.string({ unit: 'grapheme' }), fc.double({ noNaN: true, noDefaultInfinity: true })),
    fc.constantFrom<unknown>(null, true, false, -0, 1e21, 1e-7, '\u2028\u0000\u007f"\\/'),
    fc.array(tie('any'), { maxLength: 6 }),
    // Parsed, as documents are: a member may be called __proto__.
    fc
      .array(fc.tuple(names, tie('any')), { maxLength: 40 })
      .map(
        (members) =>
          JSON.parse(
            `{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`,
          ) as unknown,
      ),
  ),
}));

test('the canonical form is that of the reference implementation, byte for byte', () => {
  fc.assert(
    fc.property(values.any, (value) => {
      assert.equal(formOf(value), canonicalize(value));
    }),
    { numRuns: 2_000 },
  );
});

test('a form of many pieces is the reference form too, and so is its hash', () => {
  const document = makeDocument();
  for (let i = 0; i < 5_000; i++) document.accounts.push({ label: `€ ${i}`, balance: '1', address: `${i}` });
  const reference = canonicalize(document) ?? '';
  assert.ok([...canonicalPieces(document)].length > 3);
  assert.equal(formOf(document), reference);
  assert.deepEqual(genesisHashOf(document), hash('genesis', utf8(reference)));
  assert.deepEqual(genesisHashOf(JSON.parse(fromUtf8(bytesOf(document)))), genesisHashOf(document));
});

test('text with half a surrogate pair has no form, wherever it stands', () => {
  for (const value of ['\ud800', ['\udc00'], { a: '\ud800' }, { '\ud800': 1 }, { b: [{ '\ud800': {} }] }]) {
    assert.throws(() => formOf(value), RangeError);
  }
});

test('members without a value are left out, as the reference does', () => {
  const value = { b: undefined, a: [{ c: undefined, d: {} }], e: undefined };
  assert.equal(formOf(value), canonicalize(value));
});
