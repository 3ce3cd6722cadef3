import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importGenesis } from '../../index.ts';
import { bytesOf, judge, type Loose } from '../fixtures/documents.ts';
import {
  makeAminoAccounts,
  makeCometOnly,
  makeConsumer,
  makeExported,
  makeExportedFlat,
  makeFlat,
  makeFlatWithSupply,
  makeWithConsensusSection,
} from '../fixtures/foreign-generations.ts';
import { makeForeign } from '../fixtures/foreign.ts';

interface Generation {
  readonly name: string;
  readonly make: () => Loose;
  readonly accounts: number;
  readonly signatures: number;
  readonly stakes: readonly string[];
  /** Findings beside those about the spread of the power. */
  readonly findings?: readonly string[];
}

const DECLARED = ['1000000', '999000', '998000', '997000'];
const STAKED = ['4000000', '3000000', '3000000'];

const GENERATIONS: readonly Generation[] = [
  { name: 'flat accounts of SDK 0.33', make: makeFlat, accounts: 5, signatures: 4, stakes: DECLARED },
  {
    name: 'flat accounts with a supply',
    make: makeFlatWithSupply,
    accounts: 6,
    signatures: 4,
    stakes: DECLARED,
  },
  {
    name: 'amino-JSON accounts of SDK 0.39',
    make: makeAminoAccounts,
    accounts: 6,
    signatures: 4,
    stakes: DECLARED,
  },
  {
    name: 'protobuf-JSON of SDK 0.40',
    make: () => makeForeign(),
    accounts: 5,
    signatures: 4,
    stakes: DECLARED,
  },
  {
    name: 'a consensus section of SDK 0.50',
    make: makeWithConsensusSection,
    accounts: 5,
    signatures: 4,
    stakes: DECLARED,
  },
  { name: 'an exported state', make: makeExported, accounts: 8, signatures: 0, stakes: STAKED },
  {
    name: 'an exported state in amino-JSON',
    make: makeExportedFlat,
    accounts: 5,
    signatures: 0,
    stakes: STAKED,
  },
  {
    name: 'CometBFT without the SDK',
    make: makeCometOnly,
    accounts: 0,
    signatures: 0,
    stakes: ['4', '3', '3'],
  },
  { name: 'a consumer chain', make: makeConsumer, accounts: 5, signatures: 0, stakes: ['3', '2', '2', '2'] },
];

/** What is said of every set of validators. */
const SPREAD = /^genesis\.(halting-coalition|can-halt|fault-tolerance)$/;

for (const { name, make, accounts, signatures, stakes, findings = [] } of GENERATIONS) {
  test(`${name}: read whole, with no finding that is none`, async () => {
    const { findings: found, summary, valid, format, genesisHash } = await judge(make());
    assert.deepEqual(
      found.filter(({ rule }) => !SPREAD.test(rule)).map(({ rule, path }) => `${rule} ${path}`),
      findings,
    );
    assert.ok(valid);
    assert.equal(format, 'cometbft');
    assert.match(genesisHash ?? '', /^[0-9a-f]{64}$/);
    assert.equal(summary.accounts, accounts);
    assert.equal(summary.validators, stakes.length);
    assert.equal(summary.totalStake, stakes.reduce((sum, stake) => sum + BigInt(stake), 0n).toString());
    assert.deepEqual(summary.declarationSignatures, { valid: signatures, invalid: 0, uncheckable: 0 });
  });

  test(`${name}: imported to a genesis that is read again`, async () => {
    const { document } = importGenesis(bytesOf(make()), { validators: [] });
    assert.deepEqual(document.validators, []);
    assert.equal(document.source?.chainId, make().chain_id);
    const { findings: found } = await judge(document);
    const expected = accounts === 0 ? ['genesis.no-accounts'] : [];
    assert.deepEqual(
      found
        .filter(({ severity, rule }) => severity === 'error' && !rule.startsWith('genesis.no-validators'))
        .map(({ rule }) => rule),
      expected,
    );
  });
}

test('a document without any section that it may do without is read', async () => {
  const { genesis_time, chain_id, app_state } = makeForeign();
  const { bank, genutil } = app_state;
  const { valid, findings, summary } = await judge({ genesis_time, chain_id, app_state: { bank, genutil } });
  assert.deepEqual(
    findings.filter(({ severity }) => severity === 'error'),
    [],
  );
  assert.ok(valid);
  assert.equal(summary.denomination, 'stake');
});

test('integers may be JSON numbers where the SDK writes texts', async () => {
  const document = makeForeign();
  document.initial_height = 7;
  document.consensus_params.block = { max_bytes: 22_020_096, max_gas: -1 };
  document.app_state.auth.params.max_memo_characters = 256;
  const { valid } = await judge(document);
  assert.ok(valid);
});

test('several denominations are each held against their supply', async () => {
  const document = makeExported();
  document.app_state.bank.supply[0].amount = '6';
  const { findings } = await judge(document);
  assert.deepEqual(
    findings.filter(({ severity }) => severity === 'error').map(({ rule, path }) => `${rule} ${path}`),
    ['foreign.supply /app_state/bank/supply/0/amount'],
  );
});
