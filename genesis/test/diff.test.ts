import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { diffDocuments, formatDifferences } from '../index.ts';
import { makeDocument, type Loose } from './fixtures/documents.ts';
import { makeForeign } from './fixtures/foreign.ts';

const text = (before: unknown, after: unknown): string =>
  formatDifferences(diffDocuments(before, after), { colour: false });

test('a document does not differ from itself, however it is formatted', () => {
  for (const document of [makeDocument(), makeForeign()]) {
    const again = JSON.parse(JSON.stringify(document, undefined, 4));
    assert.deepEqual(diffDocuments(document, again), { differences: [], omitted: 0, reordered: [] });
  }
});

test('an amount shows by its account, with what it grew by', () => {
  const after = makeDocument();
  after.accounts[1].balance = '5000007';
  assert.equal(
    text(makeDocument(), after),
    `~ /accounts/[${after.accounts[1].address}]/balance  5000000 → 5000007 (+7)`,
  );
});

test('an account that comes first moves none of the others', () => {
  const after = makeDocument();
  after.accounts.unshift({ address: 'bizra1new', balance: '1' });
  assert.deepEqual(diffDocuments(makeDocument(), after), {
    differences: [
      {
        kind: 'added',
        path: '/accounts/[bizra1new]',
        before: null,
        after: { address: 'bizra1new', balance: '1' },
      },
    ],
    omitted: 0,
    reordered: [],
  });
});

test('items in another order are said to be that', () => {
  const after = makeDocument();
  after.validators.reverse();
  assert.deepEqual(diffDocuments(makeDocument(), after), {
    differences: [],
    omitted: 0,
    reordered: ['/validators'],
  });
});

test('a genesis transaction of another chain stands by its validator', () => {
  const after = makeForeign();
  after.app_state.genutil.gen_txs[2].body.messages[0].value.amount = '1';
  const [only, ...rest] = diffDocuments(makeForeign(), after).differences;
  assert.deepEqual(rest, []);
  assert.match(
    only?.path ?? '',
    /^\/app_state\/genutil\/gen_txs\/\[[^\]]+\]\/body\/messages\/(0|\[[^\]]+\])\/value\/amount$/,
  );
});

test('every change of a leaf is found, and only it', () => {
  const leaves: { parent: Loose; key: string | number }[] = [];
  const document = makeDocument();
  const walk = (value: Loose): void => {
    for (const [key, inner] of Object.entries<Loose>(value)) {
      if (typeof inner === 'object' && inner !== null) walk(inner);
      else leaves.push({ parent: value, key });
    }
  };
  walk(document);
  const original = makeDocument();
  fc.assert(
    fc.property(fc.nat(leaves.length - 1), fc.jsonValue(), (index, value) => {
      const { parent, key } = leaves[index] as { parent: Loose; key: string };
      const before = parent[key];
      fc.pre(JSON.stringify(before) !== JSON.stringify(value));
      parent[key] = value;
      const { differences } = diffDocuments(original, document);
      parent[key] = before;
      // Another address is another account: one goes and one comes.
      assert.ok(differences.length === 1 || differences.length === 2, JSON.stringify(differences));
    }),
  );
  assert.deepEqual(diffDocuments(original, document).differences, []);
});

test('any two JSON values are compared to an end, and the same in both directions', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      const there = diffDocuments(a, b);
      const back = diffDocuments(b, a);
      assert.equal(there.differences.length, back.differences.length);
      const same = JSON.stringify(a) === JSON.stringify(b);
      if (same) assert.deepEqual(there.differences, []);
    }),
  );
});

test('a diff without end is cut and counted', () => {
  const many = Object.fromEntries(Array.from({ length: 10_050 }, (_, index) => [`m${index}`, 1]));
  const { differences, omitted } = diffDocuments({}, many);
  assert.deepEqual([differences.length, omitted], [10_000, 50]);
});
