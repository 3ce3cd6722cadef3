import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { formatReport, RULES } from '../index.ts';
import { judge, makeDocument } from './fixtures/documents.ts';

test('the report of a valid document says what the document is', async () => {
  const report = await judge(makeDocument());
  assert.equal(
    formatReport(report, { colour: false }),
    `valid: 0 errors, 0 warnings
format          node0
chain           test-1
genesis hash    ${report.genesisHash}
accounts        6
validators      4
supply          412000000 BZR
stake           400000000 BZR
can halt        2 validators together
can control     3 validators together
signatures      4 of 4 declarations valid
state root      ${report.summary.stateRoot}
first set       validator 0 25.0 %, validator 1 25.0 %, validator 2 25.0 %, validator 3 25.0 %

info    /validators
        2 of 4 validators together can stop the chain, 3 can decide alone
        genesis.halting-coalition: ${RULES['genesis.halting-coalition'].advice}`,
  );
});

test('the report of a document with faults lists each with its place and advice', async () => {
  const document = makeDocument();
  document.version = 3;
  for (let i = 0; i < 205; i++) document.accounts.push(i);
  const text = formatReport(await judge(document), { colour: false });
  assert.match(text, /^not valid: 201 errors, 0 warnings$/m);
  assert.match(text, /^error {3}\/version\n {8}the version is 3; .*\n {8}genesis.version: Use version 1.$/m);
  assert.match(text, /^ {8}and 5 more of genesis.wrong-type$/m);
  assert.doesNotMatch(text, /state root/);
});

test('what is no genesis has a report as well, and the whole document is /', async () => {
  const text = formatReport(await judge('{}'), { colour: false });
  assert.match(text, /^not valid: 1 errors, 0 warnings\nformat {10}unknown\nchain {11}unknown$/m);
  assert.match(text, /^error {3}\/$/m);
  assert.doesNotMatch(text, /genesis hash/);
});

test('colours change nothing but colours', async () => {
  const report = await judge(makeDocument([3n, 1n, 1n].map((n) => n * 10n ** 9n)));
  const plain = formatReport(report, { colour: false });
  const coloured = formatReport(report, { colour: true });
  assert.notEqual(coloured, plain);
  assert.equal(stripVTControlCharacters(coloured), plain);
  assert.equal(stripVTControlCharacters(plain), plain);
});
