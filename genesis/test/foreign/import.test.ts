import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bech32 } from '@scure/base';
import { AMOUNT_MAX, formatAddress, toHex, utf8 } from '#kernel';
import {
  genesisHashOf,
  importGenesis,
  loadGenesis,
  type GenesisDocument,
  type ImportOptions,
} from '../../index.ts';
import {
  accountOf,
  bytesOf,
  CLOCK,
  errorsOf,
  GENESIS_TIME_MS,
  judge,
  validatorsOf,
  type Loose,
} from '../fixtures/documents.ts';
import { makeCometOnly, makeConsumer, makeStaked } from '../fixtures/foreign-generations.ts';
import { foreignAddress, makeForeign } from '../fixtures/foreign.ts';
import { readReal, skipReason } from './real-files.ts';

/** Options with `count` local validators; the stakes of these are not used. */
function rehearsal(count: number, more: Partial<ImportOptions> = {}): ImportOptions {
  const validators = validatorsOf(Array.from({ length: count }, () => 0n));
  return {
    validators: validators.map(({ name, consensusKey, operatorKey }) => ({
      name,
      consensusKey,
      operatorKey,
    })),
    timeMs: GENESIS_TIME_MS,
    ...more,
  };
}

function balancesOf(document: GenesisDocument): Map<string, string> {
  return new Map(document.accounts.map(({ address, balance }) => [address, balance]));
}

/** The address that the holder of a foreign address has here: the same bytes. */
function carriedAddress(foreign: string): string {
  const { words } = bech32.decode(foreign as `${string}1${string}`, 120);
  return formatAddress(bech32.fromWords(words));
}

interface RealFile {
  readonly name: string;
  readonly chainId: string;
  readonly denomination: string;
  readonly accountsOf: (file: Loose) => readonly Loose[];
  readonly delegationsOf: (file: Loose) => readonly bigint[];
  readonly addresses: number;
}

const REAL: readonly RealFile[] = [
  {
    name: 'cosmoshub-1.json',
    chainId: 'cosmoshub-1',
    denomination: 'uatom',
    accountsOf: (file) => file.app_state.accounts,
    delegationsOf: (file) =>
      file.app_state.gentxs.map((transaction: Loose) => BigInt(transaction.value.msg[0].value.value.amount)),
    addresses: 984,
  },
  {
    name: 'mamaki.json',
    chainId: 'mamaki',
    denomination: 'utia',
    accountsOf: (file) => file.app_state.bank.balances,
    delegationsOf: (file) =>
      file.app_state.genutil.gen_txs.map((transaction: Loose) =>
        BigInt(transaction.body.messages[0].value.amount),
      ),
    addresses: 18,
  },
];

for (const { name, chainId, denomination, accountsOf, delegationsOf, addresses } of REAL) {
  const bytes = readReal(name);
  const options = bytes === undefined ? { skip: skipReason(name) } : {};

  test(`${name} is valid by the rules of its own format`, options, async () => {
    const report = await judge(bytes);
    assert.deepEqual(errorsOf(report), []);
    assert.equal(report.format, 'cometbft');
    assert.equal(report.chainId, chainId);
    assert.equal(report.summary.denomination, denomination);
    assert.equal(report.summary.accounts, addresses);
    const file: Loose = JSON.parse(new TextDecoder().decode(bytes));
    assert.equal(report.summary.validators, delegationsOf(file).length);
    assert.equal(report.summary.totalStake, sum(delegationsOf(file)).toString());
    const valid = delegationsOf(file).length;
    assert.deepEqual(report.summary.declarationSignatures, { valid, invalid: 0, uncheckable: 0 });
  });

  test(
    `${name} has the hash of its import without local validators, which names its source`,
    options,
    async () => {
      const file: Loose = JSON.parse(new TextDecoder().decode(bytes));
      const { document, notes } = importGenesis(bytes as Uint8Array, { validators: [] });
      assert.equal((await judge(bytes)).genesisHash, toHex(genesisHashOf(document)));
      assert.deepEqual(document.source, { format: 'cometbft', chainId, hash: toHex(genesisHashOf(file)) });
      assert.deepEqual(document.validators, []);
      assert.equal(document.genesisTime, new Date(file.genesis_time).toISOString());
      assert.ok(!notes.some((note) => note.includes('rehearsal add')));
    },
  );

  for (const count of [1, 4, 7]) {
    test(
      `${name} is imported with every balance, and with the ${count} largest stakes`,
      options,
      async () => {
        const file: Loose = JSON.parse(new TextDecoder().decode(bytes));
        const { document, notes } = importGenesis(bytes as Uint8Array, rehearsal(count));
        const imported = balancesOf(document);
        const held = accountsOf(file)
          .map(({ address, coins }) => ({
            address: carriedAddress(address),
            balance: coins.find(({ denom }: Loose) => denom === denomination)?.amount ?? '0',
          }))
          .filter(({ balance }) => balance !== '0');
        assert.ok(held.length > 10);
        for (const { address, balance } of held) assert.equal(imported.get(address), balance, address);
        assert.equal(document.accounts.length, held.length + count, 'those of the operators, and no others');
        const largest = delegationsOf(file)
          .toSorted((a, b) => (a > b ? -1 : Number(a < b)))
          .slice(0, count);
        assert.deepEqual(
          document.validators.map(({ stake }) => BigInt(stake)),
          largest,
        );
        const total = sum(held.map(({ balance }) => BigInt(balance)));
        assert.equal(BigInt(document.totalSupply), total + sum(largest));
        assert.ok(notes[0]?.includes(`${held.length} accounts carried over with ${total} ${denomination}`));
        assert.ok(notes.some((note) => note.includes(`add ${sum(largest)} ${denomination} to the supply`)));
        assert.ok(notes.some((note) => note.startsWith('left out: the state of the modules')));
        const genesis = await loadGenesis(bytesOf(document), { clock: CLOCK });
        assert.equal(genesis.chainId, chainId);
        assert.notEqual(genesis.report.summary.stateRoot, null);
      },
    );
  }

  test(`${name} refuses more validators than it has, and a denomination that nobody holds`, options, () => {
    const real = delegationsOf(JSON.parse(new TextDecoder().decode(bytes))).length;
    assert.throws(() => importGenesis(bytes as Uint8Array, rehearsal(real + 1)), {
      code: 'genesis.not-importable',
      message: `the file has ${real} validators; ${real + 1} were asked for`,
    });
    assert.throws(() => importGenesis(bytes as Uint8Array, rehearsal(1, { denomination: 'photino' })), {
      code: 'genesis.not-importable',
      message: /no account holds photino; .*--denom/,
    });
  });

  test(`${name} with one character of one address changed is refused with its place`, options, async () => {
    const file: Loose = JSON.parse(new TextDecoder().decode(bytes));
    const account = accountsOf(file)[9];
    account.address = account.address.replace(/.$/, (last: string) => (last === 'q' ? 'p' : 'q'));
    const report = await judge(file);
    assert.ok(errorsOf(report).includes('foreign.address'));
    assert.throws(() => importGenesis(bytesOf(file), rehearsal(1)), {
      code: 'genesis.not-importable',
      message: /balances\/9\/address|accounts\/9\/address/,
    });
  });
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}

test('accounts and a chain id of the rehearsal are added', async () => {
  const extra = { address: accountOf(7), balance: 123n, label: 'alice' };
  const { document, notes } = importGenesis(
    bytesOf(makeForeign()),
    rehearsal(4, { accounts: [extra], chainId: 'rehearsal-7' }),
  );
  assert.equal(document.chainId, 'rehearsal-7');
  assert.equal(balancesOf(document).get(formatAddress(extra.address)), '123');
  // 4 × 1,000,000 less 0 + 1 + 2 + 3 thousand, and the account.
  assert.ok(notes.some((note) => note.includes('1 accounts of the rehearsal add 3994123 stake')));
  assert.ok((await judge(document)).valid);
});

test('the chain id is brought into the form that chain ids have here', () => {
  for (const [foreign, own] of [
    ['Rehearsal_9000-1', 'rehearsal-9000-1'],
    ['_x_', 'chain-x'],
    ['__', 'chain'],
    ['ab', 'chain-ab'],
  ] as const) {
    const { document } = importGenesis(bytesOf({ ...makeConsumer(), chain_id: foreign }), rehearsal(4));
    assert.equal(document.chainId, own);
  }
});

test('what is left out is named: empty accounts, module accounts, other denominations', async () => {
  const file = makeForeign();
  file.app_state.bank.supply = [];
  file.app_state.bank.balances.push(
    { address: foreignAddress(40, 32), coins: [{ denom: 'stake', amount: '77' }] },
    { address: foreignAddress(41), coins: [{ denom: 'gold', amount: '5' }] },
    { address: foreignAddress(42), coins: [] },
  );
  const { document, notes } = importGenesis(bytesOf(file), rehearsal(4));
  assert.deepEqual(notes.slice(0, 4), [
    '5 accounts carried over with 5000000 stake',
    'left out: 2 accounts that hold no stake',
    'left out: 1 accounts with 32-byte addresses (of modules and contracts), which hold 77 stake',
    'left out: the denominations gold',
  ]);
  assert.ok((await judge(document)).valid);
  const gold = importGenesis(bytesOf(file), rehearsal(4, { denomination: 'gold' }));
  assert.equal(balancesOf(gold.document).get(carriedAddress(foreignAddress(41))), '5');
  assert.equal(gold.document.ledger.denomination.symbol, 'gold');
});

test('validators are those of the staking state that are not jailed, the largest first', async () => {
  const file = makeStaked(['4', '9', '0', '3', '5', '2']);
  file.app_state.staking.validators[1].jailed = true;
  assert.deepEqual(errorsOf(await judge(file)), []);
  const { document } = importGenesis(bytesOf(file), rehearsal(4));
  assert.deepEqual(
    document.validators.map(({ stake }) => stake),
    ['5', '4', '3', '2'],
  );
  assert.ok((await judge(document)).valid);
});

test('without local validators the genesis keeps its own time, cut to milliseconds, and the same file gives the same', () => {
  const imported = () => importGenesis(bytesOf(makeForeign()), { validators: [] }).document;
  assert.equal(imported().genesisTime, '2022-05-24T13:02:31.713Z');
  assert.deepEqual(imported(), imported());
});

test('a document without accounts is imported for its hash alone', async () => {
  const { document, notes } = importGenesis(bytesOf(makeCometOnly()), { validators: [] });
  assert.deepEqual(document.accounts, []);
  assert.equal(notes[0], '0 accounts carried over with 0 ');
  assert.equal((await judge(makeCometOnly())).genesisHash, toHex(genesisHashOf(document)));
  assert.throws(() => importGenesis(bytesOf(makeCometOnly()), rehearsal(1)), {
    code: 'genesis.not-importable',
  });
});

test('every change of the file is a change of the hash, and one with errors has none', async () => {
  const { genesisHash } = await judge(makeForeign());
  const changed = makeForeign();
  changed.app_state.unknown = { member: false };
  assert.notEqual((await judge(changed)).genesisHash, genesisHash);
  const forged = makeForeign();
  forged.app_state.genutil.gen_txs[0].body.memo = 'x';
  assert.equal((await judge(forged)).genesisHash, null);
});

test('the loose tokens of an exported state are not held against the accounts', async () => {
  const file = makeForeign();
  file.app_state.staking.pool = { not_bonded_tokens: '7000000' };
  assert.deepEqual(errorsOf(await judge(file)), ['foreign.supply']);
  file.app_state.staking.exported = true;
  assert.deepEqual(errorsOf(await judge(file)), []);
});

test('what cannot be imported says why', () => {
  const refused = (bytes: Uint8Array, message: RegExp, options = rehearsal(4)): void =>
    assert.throws(() => importGenesis(bytes, options), { code: 'genesis.not-importable', message });
  refused(utf8('garbage'), /not a genesis of CometBFT or the Cosmos SDK/);
  refused(new Uint8Array([0xff, 0xfe]), /not a genesis of CometBFT/);
  refused(utf8('{}'), /not a genesis of CometBFT/);
  const { document } = importGenesis(bytesOf(makeForeign()), rehearsal(4));
  refused(bytesOf(document), /not a genesis of CometBFT/);
  refused(bytesOf({ ...makeForeign(), genesis_time: '' }), /\[foreign.time, at \/genesis_time\]/);
  const rich = makeForeign();
  rich.app_state.bank.balances[4].coins[0].amount = AMOUNT_MAX.toString();
  rich.app_state.bank.supply = [];
  refused(bytesOf(rich), /exceed 128 bits/);
  // All of it fits, until the stakes of the rehearsal come on top.
  rich.app_state.bank.balances[4].coins[0].amount = (AMOUNT_MAX - 4_000_000n).toString();
  refused(bytesOf(rich), /balances and stakes in stake exceed 128 bits/);
  const uneven = makeStaked(
    ['6', '5', '5', '1'].map((tokens, i) => (i === 3 ? tokens : tokens + '0'.repeat(30))),
  );
  refused(bytesOf(uneven), /a stake of 1 beside a total of 16.* ask for fewer validators/);
  assert.equal(importGenesis(bytesOf(uneven), rehearsal(3)).document.validators.length, 3);
});

test('stakes of any size lead to a valid document with their proportions', async () => {
  for (const zeros of [0, 3, 9, 12, 18, 24, 33]) {
    const file = makeStaked([6, 5, 5, 4].map((n) => `${n}${'0'.repeat(zeros)}`));
    const { document } = importGenesis(bytesOf(file), rehearsal(4));
    const { state, report } = await loadGenesis(bytesOf(document), { clock: CLOCK });
    assert.equal(report.summary.largestPowerShare, 0.3);
    const { powerReduction } = state.ledger;
    const powers = state.validators.map(({ stake }) => stake / powerReduction);
    assert.deepEqual(
      powers.map((power) => (power * 20n) / sum(powers)),
      [6n, 5n, 5n, 4n],
    );
    assert.equal(toHex(state.identity.genesisHash), report.genesisHash);
  }
});

test('a denomination of any letters that the SDK takes leads to a valid document', async () => {
  for (const denomination of [
    'ibc/27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2',
    'a:b.c_d-E9',
  ]) {
    const file = JSON.parse(
      JSON.stringify(makeConsumer()).replaceAll('"stake"', JSON.stringify(denomination)),
    );
    const { document } = importGenesis(bytesOf(file), rehearsal(4));
    assert.deepEqual(errorsOf(await judge(document)), []);
  }
});
