import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCodedError, toHex, utf8, type CodedError } from '#kernel';
import { loadGenesis } from '../index.ts';
import { bytesOf, CLOCK, judge, makeDocument } from './fixtures/documents.ts';
import { makeForeign } from './fixtures/foreign.ts';

async function failureOf(bytes: Uint8Array, expectedHash?: string): Promise<CodedError> {
  try {
    await loadGenesis(bytes, { clock: CLOCK, ...(expectedHash !== undefined && { expectedHash }) });
  } catch (error) {
    assert.ok(isCodedError(error), String(error));
    return error;
  }
  throw new Error('the genesis was loaded');
}

test('a local genesis is valid, without a word beyond its coalition', async () => {
  const report = await judge(makeDocument());
  assert.deepEqual(
    report.findings.map(({ rule }) => rule),
    ['genesis.halting-coalition'],
  );
  assert.ok(report.valid);
});

test('a valid genesis loads, with the hash that is expected and with none', async () => {
  const document = makeDocument();
  const genesisHash = (await judge(document)).genesisHash ?? '';
  for (const expectedHash of ['', genesisHash]) {
    const genesis = await loadGenesis(bytesOf(document), { clock: CLOCK, expectedHash });
    assert.equal(toHex(genesis.genesisHash), genesisHash);
    assert.deepEqual(genesis.document, document);
    assert.ok(genesis.report.valid);
  }
});

test('another hash than expected names both', async () => {
  const document = makeDocument();
  const found = (await judge(document)).genesisHash ?? '';
  const expected = 'ab'.repeat(32);
  const error = await failureOf(bytesOf(document), expected);
  assert.equal(error.code, 'genesis.unexpected-hash');
  assert.deepEqual(error.details, { found, expected });
  assert.ok(error.message.includes(found) && error.message.includes(expected));
});

test('an invalid genesis names its first fault, counts the others, and details them', async () => {
  const document = makeDocument();
  document.chainId = 'NO';
  document.accounts[0].balance = '01';
  const error = await failureOf(bytesOf(document));
  assert.equal(error.code, 'genesis.invalid');
  assert.match(
    error.message,
    /"01" is not an amount.*\[genesis.amount, at \/accounts\/0\/balance\] \(and 1 more\)/,
  );
  assert.deepEqual(
    (error.details['findings'] as { rule: string }[]).map(({ rule }) => rule),
    ['genesis.amount', 'genesis.chain-id'],
  );
  const alone = await failureOf(bytesOf({ ...makeDocument(), version: 2 }));
  assert.doesNotMatch(alone.message, /more\)/);
});

test('the details of a hopeless genesis stay short', async () => {
  const document = makeDocument();
  for (let i = 0; i < 100; i++) document[`surplus ${i}`] = i;
  const error = await failureOf(bytesOf(document));
  assert.equal((error.details['findings'] as unknown[]).length, 20);
});

test('a valid genesis of another chain is not started but imported', async () => {
  const document = makeForeign();
  assert.ok((await judge(document)).valid);
  const error = await failureOf(bytesOf(document));
  assert.equal(error.code, 'genesis.invalid');
  assert.match(error.message, /import it with node0 genesis import/);
  assert.deepEqual(error.details, { format: 'cometbft' });
});

test('what is no genesis at all is not started', async () => {
  for (const text of ['', '{}', 'null', '[]', '{"chainId":', 'hello']) {
    assert.equal((await failureOf(utf8(text))).code, 'genesis.invalid');
  }
});
