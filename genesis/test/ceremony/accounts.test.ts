import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AMOUNT_MAX, formatAddress, isCodedError } from '#kernel';
import {
  addAccounts,
  createDraft,
  readAccountsCsv,
  readDraft,
  removeAccount,
  draftText,
} from '../../index.ts';
import { accountOf, bytesOf, errorsOf, GENESIS_TIME_MS, judge } from '../fixtures/documents.ts';
import { CHAIN_ID } from './ceremony.ts';

const draft = createDraft({ chainId: CHAIN_ID, timeMs: GENESIS_TIME_MS });
const address = (index: number): string => formatAddress(accountOf(index));
const entry = (index: number, balance: string, label?: string) => ({
  address: address(index),
  balance,
  label,
  where: `line ${index}`,
});
const refused = (says: RegExp) => (error: unknown) =>
  isCodedError(error) && error.code === 'genesis.account-refused' && says.test(error.message);

test('a draft lacks accounts and validators, and nothing else', async () => {
  assert.deepEqual(errorsOf(await judge(draft)), ['genesis.no-accounts', 'genesis.no-validators']);
});

test('parameters are set by name, and a name that there is not is refused', () => {
  const { ledger } = createDraft({ chainId: 'a-1', timeMs: 1, parameters: { 'ledger.maxValidators': '7' } });
  assert.equal(ledger.maxValidators, '7');
  for (const name of ['ledger.maxvalidators', 'maxValidators', 'ledger.__proto__', 'ledger.denomination'])
    assert.throws(
      () => createDraft({ chainId: 'a-1', timeMs: 1, parameters: { [name]: '7' } }),
      /there is no parameter/,
    );
});

test('the total supply follows every account that comes or goes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.bigInt({ min: 0n, max: 2n ** 100n }), { maxLength: 12 }),
      fc.nat(11),
      (balances, gone) => {
        const full = addAccounts(
          draft,
          balances.map((balance, index) => entry(index, balance.toString())),
        );
        assert.equal(
          BigInt(full.totalSupply),
          balances.reduce((sum, balance) => sum + balance, 0n),
        );
        if (gone >= balances.length) return;
        const less = removeAccount(full, address(gone));
        assert.equal(BigInt(less.totalSupply), BigInt(full.totalSupply) - (balances[gone] ?? 0n));
        assert.equal(less.accounts.length, balances.length - 1);
      },
    ),
  );
});

test('entries that cannot be entered are all named, and none is entered', () => {
  const entries = [
    entry(1, '5'),
    { ...entry(2, '5'), address: 'cosmos1qqqq' },
    entry(3, '-5'),
    entry(1, '7'),
    entry(4, '5', 'l'.repeat(129)),
  ];
  assert.throws(
    () => addAccounts(draft, entries),
    refused(
      /nothing was entered:[\s\S]*line 2: [\s\S]*line 3: [\s\S]*line 1: bizra1\w+ stands in line 1 already[\s\S]*line 4: the label/,
    ),
  );
  assert.throws(
    () => addAccounts(addAccounts(draft, [entry(1, '5')]), [entry(1, '5')]),
    refused(/stands in the draft/),
  );
  assert.throws(
    () => addAccounts(draft, [entry(1, AMOUNT_MAX.toString()), entry(2, '1')]),
    refused(/more than 128 bits/),
  );
  assert.throws(() => removeAccount(draft, address(1)), refused(/no account bizra1/));
});

test('a CSV file gives address, balance and label, with or without a line of names', () => {
  const rows = `${address(1)},5,"a, ""b"""\r\n\r\n ${address(2)} , 7 \n`;
  for (const text of [rows, `\uFEFFAddress,Balance,Label\n${rows}`]) {
    const read = readAccountsCsv(text, 'a.csv');
    assert.deepEqual(
      read.map(({ address: at, balance, label }) => [at, balance, label]),
      [
        [address(1), '5', 'a, "b"'],
        [address(2), '7', undefined],
      ],
    );
    assert.equal(addAccounts(draft, read).totalSupply, '12');
  }
  assert.deepEqual(readAccountsCsv('', 'a.csv'), []);
});

test('a CSV file that is none says where', () => {
  assert.throws(
    () => readAccountsCsv('x,1\ny\n', 'a.csv'),
    refused(/a\.csv, line 2: expected address, balance/),
  );
  assert.throws(
    () => readAccountsCsv('x,1,l,more\n', 'a.csv'),
    refused(/a\.csv, line 1: .* found 4 columns/),
  );
  assert.throws(() => readAccountsCsv('"x,1', 'a.csv'), refused(/a\.csv is not CSV: /));
});

test('a draft is read as it was written; what is none is refused', () => {
  const full = addAccounts(draft, [entry(1, '5')]);
  assert.deepEqual(readDraft(bytesOf(full)), full);
  assert.deepEqual(JSON.parse(draftText(full)), full);
  const unreadable = (error: unknown) => isCodedError(error) && error.code === 'genesis.draft-unreadable';
  for (const value of [null, [], {}, { ...draft, accounts: {} }, { ...draft, accounts: [1] }])
    assert.throws(() => readDraft(bytesOf(value)), unreadable);
  assert.throws(() => readDraft(new TextEncoder().encode('{"a":1,"a":2}')), unreadable);
});
