import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Account } from '#services/blockchain';
import { makeBlock, type Block, type Header } from '../index.ts';
import { makeHeader } from '../domain/make-header.ts';
import { selectIncludable } from '../domain/select-includable.ts';
import { verifyContent, verifyHeader } from '../domain/verify-header.ts';
import { pageOf, parseCursor } from '../chain/pages.ts';
import { createSerial } from '../chain/serial.ts';
import { commitOf, filled, looseTransaction, setOf } from './fixtures/samples.ts';

const set = setOf([10, 10, 10, 10]);
const proposer = (set.validators[1] as (typeof set.validators)[number]).address;
const basis = {
  chainId: 'sample-1',
  height: 6,
  blockHash: filled(32, 1),
  blockTimeMs: 1_000,
  hasBlock: true,
  stateRoot: filled(32, 2),
  receiptRoot: filled(32, 3),
  validatorSetHash: set.hash,
};
const lastCommit = commitOf(set, { height: 6, blockHash: basis.blockHash }, [0, 1, 2]);
const transactions = [looseTransaction(), looseTransaction()];

function blockWith(changes: Partial<Header> = {}): Block {
  const made = { timeMs: 1_001, proposer, transactions, lastCommit, nextValidatorSetHash: set.hash };
  return makeBlock({ ...makeHeader(basis, made), ...changes }, transactions, lastCommit);
}

test('the header that makeHeader makes is valid', () => {
  const block = blockWith();
  assert.ok(verifyHeader(block.header, basis, set).ok);
  assert.ok(verifyContent(block).ok);
});

const WRONG: readonly [Partial<Header>, string][] = [
  [{ version: 2 }, 'block.wrong-version'],
  [{ chainId: 'other' }, 'block.wrong-chain'],
  [{ height: 6 }, 'block.wrong-height'],
  [{ height: 8 }, 'block.wrong-height'],
  [{ parentHash: filled(32, 9) }, 'block.wrong-parent'],
  [{ stateRoot: filled(32, 9) }, 'block.wrong-state-root'],
  [{ receiptRoot: filled(32, 9) }, 'block.wrong-receipt-root'],
  [{ validatorSetHash: filled(32, 9) }, 'block.wrong-validator-set'],
  [{ timeMs: 1_000 }, 'block.wrong-time'],
  [{ proposer: filled(20, 9) }, 'block.unknown-proposer'],
  [{ commitHash: filled(32, 0) }, 'block.wrong-commit-hash'],
];
for (const [changes, code] of WRONG) {
  test(`a header with another ${Object.keys(changes)[0]} (${String(Object.values(changes)[0])}) is ${code}`, () => {
    const result = verifyHeader(blockWith(changes).header, basis, set);
    assert.equal(result.ok ? 'accepted' : result.error.code, code);
  });
}

test('content that the header does not name is refused', () => {
  const block = blockWith();
  const forged: [Block, string][] = [
    [{ ...block, transactions: block.transactions.slice(1) }, 'block.wrong-transaction-root'],
    [{ ...block, transactions: block.transactions.toReversed() }, 'block.wrong-transaction-root'],
    [{ ...block, lastCommit: { ...lastCommit, round: 1 } }, 'block.wrong-commit-hash'],
    [{ ...block, lastCommit: undefined }, 'block.wrong-commit-hash'],
    [{ ...block, hash: filled(32, 9) }, 'block.wrong-hash'],
  ];
  for (const [candidate, code] of forged) {
    const result = verifyContent(candidate);
    assert.equal(result.ok ? 'accepted' : result.error.code, code);
  }
});

test('the first block names no commit', () => {
  const first = { ...basis, height: 0, hasBlock: false };
  const made = {
    timeMs: 1_001,
    proposer,
    transactions,
    lastCommit: undefined,
    nextValidatorSetHash: set.hash,
  };
  assert.ok(verifyHeader(makeHeader(first, made), first, set).ok);
  const withCommit = verifyHeader(makeHeader(first, { ...made, lastCommit }), first, set);
  assert.equal(withCommit.ok ? 'accepted' : withCommit.error.code, 'block.wrong-commit-hash');
});

const roomy = { maxBlockBytes: 10_000, maxBlockGas: 1_000, maxBlockTransactions: 100 };
const [alice, bob] = [filled(20, 0xa1), filled(20, 0xb0)];
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test('nonce gaps, repeats and unpayable fees are left out, what follows them too', () => {
  const accounts = new Map([
    [hex(alice), { nonce: 4, balance: 25n }],
    [hex(bob), { nonce: 0, balance: 5n }],
  ]);
  const from = (sender: Uint8Array, nonce: number) => looseTransaction({ sender, nonce, gasLimit: 10 });
  const candidates = [from(alice, 4), from(alice, 4), from(bob, 0), from(alice, 5), from(alice, 6)];
  const selected = selectIncludable(candidates, accounts, roomy);
  assert.deepEqual(
    selected.map(({ id }) => id),
    [candidates[0], candidates[3]].map((transaction) => transaction?.id),
  );
});

test('after a transfer that may empty the account, nothing more of its sender is let through', () => {
  const accounts = new Map([[hex(alice), { nonce: 0, balance: 100n }]]);
  const payload = { type: 'transfer', outputs: [{ to: bob, amount: 95n }] } as const;
  const candidates = [
    looseTransaction({ sender: alice, nonce: 0, gasLimit: 10, payload }),
    looseTransaction({ sender: alice, nonce: 1, gasLimit: 10 }),
  ];
  assert.equal(selectIncludable(candidates, accounts, roomy).length, 1);
});

test('bytes, gas and count of a block are never exceeded, and smaller ones still fit', () => {
  const sizes = fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 })), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(sizes, fc.nat(200), fc.nat(200), fc.nat(20), (wanted, bytesMax, gasMax, countMax) => {
      const candidates = wanted.map(([bytes, gasLimit], index) =>
        looseTransaction({ bytes: filled(bytes, index), gasLimit, gasPrice: 0n, sender: filled(20, index) }),
      );
      const limits = { maxBlockBytes: bytesMax, maxBlockGas: gasMax, maxBlockTransactions: countMax };
      const selected = selectIncludable(candidates, new Map<string, Account>(), limits);
      const bytes = selected.reduce((total, transaction) => total + transaction.bytes.length, 0);
      const gas = selected.reduce((total, transaction) => total + transaction.gasLimit, 0);
      assert.ok(bytes <= bytesMax && gas <= gasMax && selected.length <= countMax);
      if (selected.length === countMax) return;
      for (const left of candidates.filter((candidate) => !selected.includes(candidate))) {
        const fits = left.bytes.length + bytes <= bytesMax && left.gasLimit + gas <= gasMax;
        assert.ok(!fits, 'what was left out does not fit any more');
      }
    }),
    { numRuns: 100 },
  );
});

test('cursors are read strictly and pages end', () => {
  assert.deepEqual(parseCursor('12.3', 2), [12, 3]);
  for (const malformed of ['', '1', '1.2.3', '-1.2', '1e3.1', '01.2', '9'.repeat(17), 'x'.repeat(1_000)]) {
    assert.throws(() => parseCursor(malformed, 2), { code: 'block.malformed-cursor' });
  }
  assert.deepEqual(pageOf([3, 2, 1], 2, String), { items: [3, 2], next: '2' });
  assert.deepEqual(pageOf([2, 1], 2, String), { items: [2, 1] });
  assert.deepEqual(pageOf([], 2, String), { items: [] });
});

test('serial tasks run in order, one at a time, also after a failure', async () => {
  const serial = createSerial();
  const trace: string[] = [];
  const task = (name: string, fails: boolean) =>
    serial(async () => {
      trace.push(`${name} starts`);
      await new Promise((resolve) => setImmediate(resolve));
      trace.push(`${name} ends`);
      if (fails) throw new Error(name);
    });
  const outcomes = await Promise.allSettled([task('a', true), task('b', false)]);
  assert.deepEqual(trace, ['a starts', 'a ends', 'b starts', 'b ends']);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'fulfilled'],
  );
});
