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
  withPrefix,
} from '../fixtures/foreign-generations.ts';
import { consensusKeyOf, signerOf } from '../fixtures/foreign-keys.ts';
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

/** A transaction as SDK 0.29 wrote it, for a chain of which no more is known. */
const EARLY = {
  type: 'auth/StdTx',
  value: {
    msg: [
      {
        type: 'cosmos-sdk/MsgCreateValidator',
        value: {
          Description: { moniker: 'early', identity: '', website: '', details: '' },
          Commission: { rate: '1.0000000000', max_rate: '1.0000000000', max_change_rate: '1.0000000000' },
          delegator_address: signerOf(0).address,
          validator_address: signerOf(0).operator,
          pubkey: { type: 'tendermint/PubKeyEd25519', value: consensusKeyOf(0) },
          delegation: { denom: 'stake', amount: '10000' },
        },
      },
    ],
    fee: { amount: [{ denom: '', amount: '0' }], gas: '200000' },
    signatures: [{ pub_key: signerOf(0).pubkey, signature: `${'A'.repeat(86)}==` }],
    memo: 'node@172.24.0.2:26656',
  },
};

test('the messages of SDK 0.2x cannot be checked, and say what they declare', async () => {
  const document = makeFlat();
  document.app_state.gentxs = [EARLY];
  document.app_state.stake = document.app_state.staking;
  delete document.app_state.staking;
  const { valid, findings, summary } = await judge(document);
  assert.ok(valid, JSON.stringify(findings));
  assert.deepEqual(summary.declarationSignatures, { valid: 0, invalid: 0, uncheckable: 1 });
  assert.equal(summary.totalStake, '10000');
  assert.deepEqual(
    findings
      .filter(({ rule }) => rule.startsWith('foreign.'))
      .map(({ rule, path }) => `${rule} ${path.split('/').at(-1)}`),
    ['Commission', 'Description', 'delegation'].map((name) => `foreign.signature-uncheckable ${name}`),
  );
});

test('the messages of a fork under another name are read as far as they are alike', async () => {
  const document = makeFlat();
  const { value } = structuredClone(EARLY);
  (value.msg[0] as Loose).type = 'irishub/stake/MsgCreateValidator';
  (value.msg[0] as Loose).value.validator_address = withPrefix(signerOf(0).operator, 'iva');
  document.app_state.gentxs = [{ type: 'irishub/bank/StdTx', value }];
  const { valid, findings, summary } = await judge(document);
  assert.ok(valid, JSON.stringify(findings));
  assert.equal(summary.declarationSignatures.uncheckable, 1);
  assert.equal(summary.validators, 1);
});

test('the first generations, whose shares are fractions, are read by their validators at top level', async () => {
  const { validators, genesis_time, app_hash } = makeCometOnly();
  const { valid, findings, summary } = await judge({
    genesis_time,
    chain_id: 'gaia-7005',
    consensus_params: {
      block_size_params: { max_bytes: '22020096', max_txs: '10000', max_gas: '-1' },
      evidence_params: { max_age: '100000' },
    },
    validators,
    app_hash,
    app_state: {
      accounts: [
        {
          address: withPrefix(signerOf(0).address, 'cosmosaccaddr'),
          coins: [{ denom: 'steak', amount: '50' }],
        },
      ],
      stake: { bonds: [{ shares: '49/3' }] },
    },
  });
  assert.ok(valid, JSON.stringify(findings));
  assert.equal(summary.validators, 3);
  assert.equal(summary.denomination, 'steak');
});
