import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { scanJson } from '../document/scan-json.ts';
import { DOCUMENT_DEPTH_MAX, DOCUMENT_VALUES_MAX } from '../limits.ts';
import { Findings, pointer } from '../report/findings.ts';

interface Expected {
  readonly rule: string;
  readonly path: string;
}

/** JSON text, and what a reader of it must find; the places are worked out while it is written. */
interface Told {
  readonly text: string;
  readonly expected: (path: string) => readonly Expected[];
}

const sound = (text: string): Told => ({ text, expected: () => [] });
const found = (rule: string, text: string): Told => ({ text, expected: (path) => [{ rule, path }] });

const scalars = fc.oneof(
  fc.string({ unit: 'grapheme' }).map((text) => sound(JSON.stringify(text))),
  fc.maxSafeInteger().map((number) => sound(String(number))),
  fc.double({ min: -1, max: 1, noNaN: true }).map((number) => sound(JSON.stringify(number))),
  fc.constantFrom(
    ...['0', '-0', '9007199254740991', '-9007199254740991', '1.5e-400', '123456789012345.5', 'true'].map(
      sound,
    ),
    ...['"\\ud83d\\ude00"', '"\\\\ud800"', '"\\"[{,"', '"1e400"'].map(sound),
    ...['1e400', '-1e400', '9007199254740992', '1e21', '12345678901234567890'].map((text) =>
      found('json.unsafe-number', text),
    ),
    ...['"\\ud800"', '"x\\udc00\\ud83d"'].map((text) => found('json.lone-surrogate', text)),
  ),
);

const NAMES = ['a', '__proto__', 'constructor', '~/', '', 'é', 'q"', '\\', 'a long name with many letters'];
const names = fc.oneof(
  fc.constantFrom(...NAMES),
  fc.nat(20).map((number) => `n${number}`),
);

const space = fc.constantFrom('', ' ', '\n', '\t\r ');

const told = fc.letrec<{ any: Told }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalars,
    fc.tuple(space, fc.array(tie('any'), { maxLength: 5 })).map(([gap, items]): Told => ({
      text: `[${gap}${items.map(({ text }) => text).join(`${gap},`)}]`,
      expected: (path) => items.flatMap((item, i) => item.expected(pointer(path, i))),
    })),
    fc.tuple(space, fc.array(fc.tuple(names, tie('any')), { maxLength: 30 })).map(([gap, members]): Told => ({
      text: `{${members.map(([name, { text }]) => `${gap}${JSON.stringify(name)}${gap}:${text}`).join(',')}}`,
      expected: (path) =>
        members.flatMap(([name, value], i) => {
          const place = pointer(path, name);
          const isSecond = members.slice(0, i).some(([earlier]) => earlier === name);
          const twice = isSecond ? [{ rule: 'json.duplicate-member', path: place }] : [];
          return [...twice, ...value.expected(place)];
        }),
    })),
  ),
})).any;

function scan(text: string): { isReadable: boolean; found: Expected[] } {
  const findings = new Findings();
  const isReadable = scanJson(text, findings);
  return { isReadable, found: findings.sorted().map(({ rule, path }) => ({ rule, path })) };
}

const byText = (a: Expected, b: Expected): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

test('what JSON.parse passes in silence is found at its place, and nothing else', () => {
  fc.assert(
    fc.property(told, ({ text, expected }) => {
      JSON.parse(text);
      const result = scan(text);
      assert.ok(result.isReadable);
      assert.deepEqual(result.found.toSorted(byText), [...expected('')].toSorted(byText));
    }),
    { numRuns: 1_000 },
  );
});

test('a name that stands twice is found in an object of any size, however far apart', () => {
  for (let count = 1; count <= 40; count++) {
    const members = Array.from({ length: count }, (_, i) => `"n${i}":0`);
    assert.deepEqual(scan(`{${members.join(',')}}`).found, []);
    for (const twice of [0, Math.floor(count / 2), count - 1]) {
      const { found: places } = scan(`{${members.join(',')},"n${twice}":1}`);
      assert.deepEqual(places, [{ rule: 'json.duplicate-member', path: `/n${twice}` }]);
    }
  }
});

test('an escaped name is the name that it stands for', () => {
  assert.deepEqual(scan('{"\\u0061":1,"a":2}').found, [{ rule: 'json.duplicate-member', path: '/a' }]);
  assert.deepEqual(
    scan('{"\\ud800":1}').found.map(({ rule }) => rule),
    ['json.lone-surrogate'],
  );
});

test('a text that is no JSON is passed to the parser without a word', () => {
  for (const text of [
    '',
    '-',
    '"open',
    '"\\',
    ']',
    '}}',
    ',',
    '{"a',
    '[1,',
    '\\',
    'nul',
    '"\\u12"',
    '{"\\x":1}',
  ]) {
    assert.deepEqual(scan(text), { isReadable: true, found: [] }, text);
  }
});

test('nesting and the number of values are bounded', () => {
  const nested = (depth: number) => scan('['.repeat(depth) + ']'.repeat(depth)).isReadable;
  assert.ok(nested(DOCUMENT_DEPTH_MAX));
  assert.ok(!nested(DOCUMENT_DEPTH_MAX + 1));
  const flat = (values: number) => scan(`[${'1,'.repeat(values - 2)}1]`);
  assert.ok(flat(DOCUMENT_VALUES_MAX).isReadable);
  assert.deepEqual(flat(DOCUMENT_VALUES_MAX + 1), {
    isReadable: false,
    found: [{ rule: 'json.size', path: '' }],
  });
});
