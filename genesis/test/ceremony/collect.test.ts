import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressOfKey, formatAddress, secp256k1Key, toHex } from '#kernel';
import {
  addAccounts,
  collectDeclarations,
  genesisHashOf,
  makeDeclaration,
  type FileFinding,
} from '../../index.ts';
import { CLOCK, errorsOf, judge, keyOf, operatorKeyOf, type Loose } from '../fixtures/documents.ts';
import { CHAIN_ID, declarationOf, draftFor, fileOf } from './ceremony.ts';

const FOUNDERS = [0, 1, 2, 3, 4];
const draft = draftFor(FOUNDERS.length);
const files = FOUNDERS.map((index) => fileOf(`${index}.json`, declarationOf(index)));

/** Collects with one founder's file replaced. */
async function collectWith(index: number, content: Loose) {
  return collectDeclarations(draft, files.with(index, fileOf(`${index}.json`, content)), { clock: CLOCK });
}

function changed(index: number, change: (file: Loose) => void): Loose {
  const file = structuredClone(declarationOf(index)) as Loose;
  change(file);
  return file;
}

function only(findings: readonly FileFinding[], file: string): string[] {
  assert.deepEqual([...new Set(findings.map((finding) => finding.file))], [file]);
  return findings.map(({ rule, path }) => `${rule} ${path}`);
}

test('declarations in order make a valid genesis, the same for everybody who collects them', async () => {
  const collected = await collectDeclarations(draft, files, { clock: CLOCK });
  assert.ok(collected.complete);
  assert.deepEqual(collected.findings, []);
  const report = await judge(collected.document);
  assert.deepEqual(errorsOf(report), []);
  assert.deepEqual(report.summary.declarationSignatures, { valid: 5, invalid: 0, uncheckable: 0 });
  const hash = toHex(genesisHashOf(collected.document));
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(FOUNDERS, { minLength: FOUNDERS.length }), async (order) => {
      const shuffled = order.map((index, place) => fileOf(`file ${place}`, declarationOf(index)));
      const again = await collectDeclarations(collected.document, shuffled, { clock: CLOCK });
      assert.equal(toHex(genesisHashOf(again.document)), hash);
    }),
    { numRuns: 10 },
  );
});

test('a stake beyond the balance is found in the file of who declares it', async () => {
  const { findings, complete } = await collectWith(2, declarationOf(2, { stake: '100000001' }));
  assert.equal(complete, false);
  assert.deepEqual(only(findings, '2.json'), ['genesis.stake-not-covered /validator/stake']);
  assert.equal(findings[0]?.contributor, 'Founder 2 <ops@founder-2.example>');
  assert.match(findings[0]?.message ?? '', /stake is 100000001; the operator's balance is 100000000/);
});

test('a proof of possession by another key is found', async () => {
  const forged = changed(1, (file) => {
    file.validator.proofOfPossession = declarationOf(3).validator.proofOfPossession;
  });
  assert.deepEqual(only((await collectWith(1, forged)).findings, '1.json'), [
    'genesis.possession /validator/proofOfPossession',
    'genesis.declaration-signature /validator/signature',
  ]);
});

test('a member that was changed on the way is found, whichever it is', async () => {
  const changes: readonly ((validator: Loose) => void)[] = [
    (v) => (v.stake = '50000001'),
    (v) => (v.commission.maxRate = 1001),
    (v) => (v.identity.name = 'Somebody'),
    (v) => (v.identity.website = 'https://elsewhere.example'),
    (v) => (v.peer = '/ip4/10.0.0.1/tcp/26656'),
    (v) => delete v.identity.contact,
  ];
  for (const change of changes) {
    const { findings } = await collectWith(
      0,
      changed(0, (file) => change(file.validator)),
    );
    assert.deepEqual(only(findings, '0.json'), ['genesis.declaration-signature /validator/signature']);
  }
});

test('one consensus key in two declarations is found, naming the other file', async () => {
  const { findings } = await collectWith(4, declarationOf(4, { consensusKey: keyOf(3) }));
  const first = findings.find(({ rule }) => rule === 'genesis.duplicate-consensus-key');
  assert.ok(first !== undefined);
  const other = first.file === '3.json' ? '4.json' : '3.json';
  assert.ok(first.message.includes(`stands at ${other} already`), first.message);
});

test('the holder of an imported balance operates a validator with its own key', async () => {
  const operatorKey = secp256k1Key(new Uint8Array(32).fill(7));
  const holder = {
    address: formatAddress(addressOfKey('secp256k1', operatorKey.publicKey)),
    balance: '100000000',
    where: 'the import',
  };
  const declaration = makeDeclaration(
    { operatorKey, consensusKey: keyOf(9) },
    { ...declarationOf(0).validator, identity: { name: 'Holder' } },
    CHAIN_ID,
  );
  const withHolder = addAccounts(draft, [holder]);
  const collected = await collectDeclarations(withHolder, [...files, fileOf('h.json', declaration)], {
    clock: CLOCK,
  });
  assert.deepEqual(collected.findings, []);
  const report = await judge(collected.document);
  assert.deepEqual(report.summary.declarationSignatures, { valid: 6, invalid: 0, uncheckable: 0 });
});

test('one party under two names is a warning', async () => {
  const twin = makeDeclaration(
    { operatorKey: operatorKeyOf(4), consensusKey: keyOf(4) },
    {
      stake: '50000000',
      commission: { rate: 0, maxRate: 0, maxDailyChange: 0 },
      identity: { name: 'Another', contact: 'OPS@founder-3.example' },
    },
    CHAIN_ID,
  );
  const { findings, complete } = await collectWith(4, twin);
  assert.ok(complete);
  assert.deepEqual(
    findings.map(({ rule, severity }) => [rule, severity]),
    [['genesis.duplicate-name', 'warning']],
  );
});

test('files that are no declaration for this chain are named, each with its reason', async () => {
  const cases: readonly (readonly [Loose, string])[] = [
    [new TextEncoder().encode('{'), 'json.syntax '],
    [Uint8Array.of(0xff), 'json.encoding '],
    [{}, 'ceremony.file-kind '],
    [[], 'ceremony.file-kind '],
    [null, 'ceremony.file-kind '],
    [{ ...declarationOf(1), version: 2 }, 'ceremony.file-kind '],
    [{ ...declarationOf(1), validator: [] }, 'ceremony.file-kind '],
    [declarationOf(1, { chainId: 'other-1' }), 'ceremony.chain /chainId'],
    [{ ...declarationOf(1), note: 'hello' }, 'genesis.unknown-member /note'],
  ];
  for (const [content, expected] of cases) {
    const { findings, complete } = await collectWith(1, content);
    assert.equal(complete, false);
    assert.deepEqual(only(findings, '1.json'), [expected]);
  }
});

test('every fault of every file comes at once', async () => {
  const bad = [
    fileOf('a.json', declarationOf(0, { stake: '900000000' })),
    fileOf('b.json', declarationOf(1, { chainId: 'other-1' })),
    fileOf('c.json', 'text'),
    fileOf('d.json', declarationOf(3)),
  ];
  const { findings, declarations } = await collectDeclarations(draft, bad, { clock: CLOCK });
  assert.deepEqual(
    findings.map(({ file, rule }) => [file, rule]),
    [
      ['a.json', 'genesis.stake-not-covered'],
      ['b.json', 'ceremony.chain'],
      ['c.json', 'ceremony.file-kind'],
    ],
  );
  assert.equal(declarations.length, 2);
});

test('declarations of any shape end in findings', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (validator) => {
      const file = fileOf('any.json', {
        kind: 'bizra-declaration',
        version: 1,
        chainId: CHAIN_ID,
        validator,
      });
      const { complete, findings } = await collectDeclarations(draft, [file], { clock: CLOCK });
      assert.equal(complete, false);
      assert.ok(findings.every((finding) => finding.file === 'any.json'));
    }),
    { numRuns: 100 },
  );
});
