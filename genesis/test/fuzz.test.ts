import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concatBytes, isCodedError, utf8 } from '#kernel';
import { formatReport, importGenesis, loadGenesis, RULES, type GenesisReport } from '../index.ts';
import { FINDINGS_PER_RULE_MAX, POINTER_LENGTH_MAX } from '../limits.ts';
import {
  bytesOf,
  CLOCK,
  errorsOf,
  GENESIS_TIME_MS,
  judge,
  makeDocument,
  type Loose,
} from './fixtures/documents.ts';
import { makeLeastForeign } from './fixtures/foreign.ts';

/** What holds of every report, whatever the document was. */
function checkReport(report: GenesisReport): void {
  const errors = report.findings.filter(({ severity }) => severity === 'error');
  assert.equal(report.valid, errors.length === 0);
  for (const { rule, severity, path, message } of report.findings) {
    assert.equal(severity, RULES[rule].severity);
    assert.ok(path === '' || path.startsWith('/'), path);
    assert.ok(path.length <= POINTER_LENGTH_MAX + 1);
    assert.ok(message.length > 0 && message.length < 2_000, message);
  }
  if (report.format === 'node0' && report.valid) {
    assert.match(report.genesisHash ?? '', /^[0-9a-f]{64}$/);
    assert.match(report.summary.stateRoot ?? '', /^[0-9a-f]{64}$/, 'what is valid leads to a state');
  }
  if (report.format === 'unknown') assert.ok(!report.valid);
  assert.deepEqual(JSON.parse(JSON.stringify(report)), report, 'the report itself is plain JSON');
  assert.ok(formatReport(report, { colour: true }).length > 0);
}

async function neverThrows(bytes: Uint8Array): Promise<GenesisReport> {
  const report = await judge(bytes);
  checkReport(report);
  try {
    importGenesis(bytes, { validators: [], timeMs: GENESIS_TIME_MS });
  } catch (error) {
    assert.ok(isCodedError(error, 'genesis.not-importable'), String(error));
  }
  if (!report.valid || report.format !== 'node0') {
    await assert.rejects(loadGenesis(bytes, { clock: CLOCK }), { code: 'genesis.invalid' });
  }
  return report;
}

/** One validator: what takes time is checking its signature. */
function makeOwn(): Loose {
  return makeDocument([10n ** 9n]);
}

const OWN = bytesOf(makeOwn());
const FOREIGN = bytesOf(makeLeastForeign());

test('arbitrary bytes end in a report', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      await neverThrows(bytes);
    }),
    { numRuns: 300 },
  );
});

test('arbitrary JSON ends in a report', async () => {
  await fc.assert(
    fc.asyncProperty(fc.json({ stringUnit: 'binary' }), async (text) => {
      const report = await neverThrows(utf8(text));
      assert.ok(!report.valid);
    }),
    { numRuns: 300 },
  );
});

/** Values that stand where a document does not expect them. */
const intruder: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    null,
    '',
    '0',
    '-0',
    '1e400',
    '9'.repeat(39),
    '9'.repeat(60),
    (2n ** 128n - 1n).toString(),
    2 ** 53,
    -1,
    1e308,
    '\u0000',
    '\ud800',
    '__proto__',
    'a'.repeat(600),
    [],
    {},
    [[]],
  ),
);

/** Every place in a JSON value, as the names that lead to it. */
function placesOf(value: Loose, before: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [before];
  return [before, ...Object.keys(value).flatMap((name) => placesOf(value[name], [...before, name]))];
}

type Change = 'replace' | 'remove' | 'add' | 'repeat';

function mutate(document: Loose, place: readonly string[], change: Change, value: unknown): unknown {
  const last = place.at(-1);
  if (last === undefined) return change === 'replace' ? value : document;
  const parent = place.slice(0, -1).reduce((node, name) => node?.[name], document);
  if (typeof parent !== 'object' || parent === null) return document;
  if (change === 'remove') delete parent[last];
  else if (change === 'repeat' && Array.isArray(parent)) parent.push(structuredClone(parent[Number(last)]));
  else if (change === 'add') parent[`${last}~/x`] = value;
  else parent[last] = value;
  return document;
}

for (const [name, make] of [
  ['own', makeOwn],
  ['foreign', makeLeastForeign],
] as const) {
  const places = placesOf(make());
  const mutation = fc.tuple(
    fc.constantFrom(...places),
    fc.constantFrom<Change>('replace', 'remove', 'add', 'repeat'),
    intruder,
  );
  test(`mutated documents of the ${name} format end in a report`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (mutations) => {
        let document: unknown = make();
        for (const [place, change, value] of mutations) document = mutate(document, place, change, value);
        await neverThrows(bytesOf(document));
      }),
      { numRuns: 200 },
    );
  });

  test(`every value of the ${name} format replaced by null, by a list, by text ends in a report`, async () => {
    for (const place of places) {
      for (const value of [null, [], 'x', 7])
        await neverThrows(bytesOf(mutate(make(), place, 'replace', value)));
    }
  });
}

test('documents cut off or with bytes overwritten end in a report', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(OWN, FOREIGN),
      fc.nat(),
      fc.option(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }))),
      async (whole, cut, overwrite) => {
        const bytes = whole.slice(0, overwrite === null ? cut % whole.length : whole.length);
        if (overwrite !== null) bytes[overwrite[0] % bytes.length] = overwrite[1];
        const report = await neverThrows(bytes);
        if (overwrite === null) assert.ok(!report.valid);
      },
    ),
    { numRuns: 200 },
  );
});

test('numbers that JSON.parse rounds or loses are errors wherever they stand', async () => {
  const text = JSON.stringify(makeOwn());
  const members = [...text.matchAll(/:("[^"]*"|\d+)/g)];
  for (const number of ['1e400', '-1e400', '1e21', '9007199254740992', '123456789012345678901234567890']) {
    for (const { index, 0: found } of members) {
      const report = await neverThrows(
        utf8(`${text.slice(0, index)}:${number}${text.slice(index + found.length)}`),
      );
      assert.ok(errorsOf(report).includes('json.unsafe-number'), `${number} at ${index}`);
      assert.equal(report.genesisHash, null);
    }
  }
});

test('deep nesting costs nothing, inside a document or alone', async () => {
  const deep = (open: string, close: string) => open.repeat(1_000_000) + close.repeat(1_000_000);
  for (const text of [
    deep('[', ']'),
    deep('{"a":', '}'),
    '['.repeat(1_000_000),
    JSON.stringify(makeDocument()).replace('"version":1', `"version":${deep('[', ']')}`),
  ]) {
    assert.deepEqual(errorsOf(await neverThrows(utf8(text))), ['json.depth']);
  }
});

test('a byte order mark, white space and nothing at all are named', async () => {
  const mark = Uint8Array.of(0xef, 0xbb, 0xbf);
  assert.deepEqual(errorsOf(await neverThrows(concatBytes(mark, OWN))), ['json.encoding']);
  for (const empty of ['', ' \n\t ']) {
    const report = await neverThrows(utf8(empty));
    assert.deepEqual(errorsOf(report), ['json.syntax']);
    assert.match(report.findings[0]?.message ?? '', /empty/);
  }
  const utf16 = Buffer.from(JSON.stringify(makeDocument()), 'utf16le');
  assert.ok(!(await neverThrows(utf16)).valid);
});

test('the report of a hostile document stays small', async () => {
  const document = makeDocument();
  for (let i = 0; i < 5_000; i++) document[`surplus ${i}`] = 1;
  const many = await neverThrows(bytesOf(document));
  assert.equal(many.omitted['genesis.unknown-member'], 5_000 - FINDINGS_PER_RULE_MAX);
  const name = 'x'.repeat(1_000_000);
  const long = await neverThrows(utf8(`{"${name}":[${'1e400,'.repeat(1_000)}1],"ledger":{}}`));
  assert.equal(long.omitted['json.unsafe-number'], 1_000 - FINDINGS_PER_RULE_MAX);
  assert.ok(JSON.stringify(long).length < 500_000);
});
