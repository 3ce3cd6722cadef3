import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { costOf, gasOf, type Transaction, type TransactionBody } from '../index.ts';
import { bigger, signed } from './support/samples.ts';
import { idsOf, TestMempool } from './support/test-mempool.ts';

const SENDERS = 4;
const LIMITS = { maxTransactions: 9, maxBytes: 2_600, maxPerAccount: 5 };

/** Signing is what takes the time: the same few transactions come again. */
const made = new Map<string, Transaction>();
function transactionOf(sender: number, nonce: number, gasPrice: bigint, extra: number, validUntil: number) {
  const key = `${sender}/${nonce}/${gasPrice}/${extra}/${validUntil}`;
  const changes: Partial<TransactionBody> = { nonce, gasPrice, validUntil };
  const transaction = made.get(key) ?? bigger(sender, extra, changes);
  made.set(key, transaction);
  return transaction;
}

interface Submission {
  readonly sender: number;
  readonly nonce: number;
  readonly price: bigint;
  readonly extra: number;
  readonly lifetime: number;
}

type Operation =
  | { kind: 'submit'; submissions: Submission[] }
  | { kind: 'block'; count: number; foreign: boolean }
  | { kind: 'balance'; sender: number; units: number };

const record = { noNullPrototype: true };
const sender = fc.integer({ min: 0, max: SENDERS - 1 });
const submission: fc.Arbitrary<Submission> = fc.record(
  {
    sender,
    nonce: fc.integer({ min: -1, max: 5 }),
    price: fc.constantFrom(1n, 10n, 11n, 12n, 20n, 100n),
    extra: fc.constantFrom(0, 0, 0, 12),
    lifetime: fc.constantFrom(0, 1, 2, 5),
  },
  record,
);
const operations: fc.Arbitrary<Operation[]> = fc.array(
  fc.oneof(
    {
      arbitrary: fc.record(
        {
          kind: fc.constant('submit' as const),
          submissions: fc.array(submission, { minLength: 1, maxLength: 3 }),
        },
        record,
      ),
      weight: 8,
    },
    {
      arbitrary: fc.record(
        { kind: fc.constant('block' as const), count: fc.nat({ max: 4 }), foreign: fc.boolean() },
        record,
      ),
      weight: 2,
    },
    {
      arbitrary: fc.record(
        { kind: fc.constant('balance' as const), sender, units: fc.nat({ max: 60 }) },
        record,
      ),
      weight: 1,
    },
  ),
  { minLength: 20, maxLength: 80 },
);

/** The accounts as the chain has them, and what must be true of the mempool over them. */
class Model {
  readonly pool = new TestMempool({ limits: LIMITS });
  readonly accounts = Array.from({ length: SENDERS }, () => ({ balance: 300_000n, nonce: 0 }));
  readonly #senders = this.accounts.map((_, index) => signed(index).sender.toString());
  #waiting = new Set<string>();
  #canSelect = false;

  constructor() {
    for (const [index, account] of this.accounts.entries()) this.pool.accounts.set(index, account);
  }

  async run(operation: Operation): Promise<void> {
    const { admitted, dropped } = this.pool;
    const [seenAdmitted, seenDropped, toldBefore] = [admitted.length, dropped.length, this.pool.available];
    const final = new Set<string>();
    if (operation.kind === 'submit') await this.#submit(operation);
    else if (operation.kind === 'block') {
      for (const id of this.#block(operation.count, operation.foreign)) final.add(id);
    } else {
      const { sender: index, units } = operation;
      const account = { balance: BigInt(units) * 10_000n, nonce: this.accounts[index]?.nonce ?? 0 };
      this.accounts[index] = account;
      this.pool.finalise([], { [index]: account });
    }
    // What waits is what was admitted and neither dropped nor included: nothing vanishes without a word.
    for (const { ids } of admitted.slice(seenAdmitted)) for (const id of ids) this.#waiting.add(id);
    for (const { transaction } of dropped.slice(seenDropped)) {
      assert.ok(this.#waiting.delete(transaction.id), 'only what waited is dropped, and once');
    }
    for (const id of final) this.#waiting.delete(id);
    this.#check(toldBefore);
  }

  async #submit({ submissions }: Operation & { kind: 'submit' }): Promise<void> {
    const { mempool, height } = this.pool;
    const before = idsOf(this.pool.pages(3));
    const sent = submissions.map(({ sender, nonce, price, extra, lifetime }) => {
      const at = Math.max(0, (this.accounts[sender]?.nonce ?? 0) + nonce);
      return transactionOf(sender, at, price, extra, height + 1 + lifetime);
    });
    const codes = await this.pool.submit(...sent);
    for (const [index, { id }] of sent.entries()) {
      const isNew = sent.findIndex((other) => other.id === id) === index && !before.includes(id);
      assert.equal(codes[index] === 'ok', isNew && mempool.lookup(id) !== undefined, codes[index]);
    }
    // A refusal changes nothing, not even the order of the list.
    const [code] = codes;
    if (codes.length === 1 && code !== 'ok') assert.deepEqual(idsOf(this.pool.pages(3)), before, code);
  }

  /** A block of what the mempool offers, or of a transaction that it never saw. */
  #block(count: number, foreign: boolean): string[] {
    const included = foreign
      ? [transactionOf(0, this.accounts[0]?.nonce ?? 0, 1_000n, 0, 10_000)]
      : this.pool.select({ maxCount: count });
    const changes: Record<number, { balance: bigint; nonce: number }> = {};
    for (const transaction of included) {
      const index = this.#senders.indexOf(transaction.sender.toString());
      const account = this.accounts[index] as { balance: bigint; nonce: number };
      // What the ledger charges: the gas that is used, not the whole limit.
      const spent = costOf({
        ...transaction,
        gasLimit: gasOf(transaction.payload, transaction.senderKeyType),
      });
      const balance = foreign && account.balance < spent ? 0n : account.balance - spent;
      this.accounts[index] = { balance, nonce: account.nonce + 1 };
      changes[index] = this.accounts[index];
    }
    this.pool.finalise(included, changes);
    return idsOf(included);
  }

  #check(toldBefore: number): void {
    const { mempool } = this.pool;
    const pending = this.pool.pages(4);
    assert.deepEqual(idsOf(pending).toSorted(), [...this.#waiting].toSorted());
    assert.equal(mempool.size, pending.length);
    assert.ok(mempool.size <= LIMITS.maxTransactions);
    assert.equal(
      mempool.bytes,
      pending.reduce((sum, { bytes }) => sum + bytes.length, 0),
    );
    assert.ok(mempool.bytes <= LIMITS.maxBytes);
    for (const { validUntil } of pending) assert.ok(validUntil > this.pool.height, 'nothing expired waits');
    for (const [index, { balance, nonce }] of this.accounts.entries()) {
      const own = pending.filter((item) => item.sender.toString() === this.#senders[index]);
      assert.ok(own.length <= LIMITS.maxPerAccount);
      assert.ok(own.reduce((sum, item) => sum + costOf(item), 0n) <= balance, 'the account can pay it all');
      const nonces = own.map((item) => item.nonce).toSorted((a, b) => a - b);
      assert.equal(new Set(nonces).size, nonces.length);
      let ready = nonce;
      while (nonces.includes(ready)) ready++;
      assert.equal(mempool.nextNonce(signed(index).sender), own.length === 0 ? undefined : ready);
    }
    this.#checkSelection(pending);
    const canSelect = this.pool.select().length > 0;
    assert.equal(mempool.hasSelectable(), canSelect);
    assert.equal(this.pool.available - toldBefore, canSelect && !this.#canSelect ? 1 : 0);
    this.#canSelect = canSelect;
  }

  /** Against the plain definition: again and again the best of the senders' nexts, while it fits. */
  #checkSelection(pending: readonly Transaction[]): void {
    for (const limits of [
      { maxBytes: 2 ** 30, maxGas: 2 ** 40, maxCount: 100 },
      { maxBytes: 900, maxGas: 2 ** 40, maxCount: 100 },
      { maxBytes: 2 ** 30, maxGas: 9_000, maxCount: 3 },
    ]) {
      const expected: Transaction[] = [];
      const next = new Map(this.accounts.map(({ nonce }, index) => [this.#senders[index], nonce]));
      let { maxBytes, maxGas } = limits;
      while (expected.length < limits.maxCount) {
        const heads = pending.filter((item) => next.get(item.sender.toString()) === item.nonce);
        // Pending is in order of arrival and the sort is stable.
        const [best] = heads.toSorted((a, b) => Number(b.gasPrice - a.gasPrice));
        if (best === undefined) break;
        const fits = best.bytes.length <= maxBytes && best.gasLimit <= maxGas;
        next.set(best.sender.toString(), fits ? best.nonce + 1 : -1);
        if (!fits) continue;
        expected.push(best);
        maxBytes -= best.bytes.length;
        maxGas -= best.gasLimit;
      }
      assert.deepEqual(idsOf(this.pool.select(limits)), idsOf(expected));
    }
  }
}

test('whatever is submitted and finalised, the mempool is what its rules say', async () => {
  await fc.assert(
    fc.asyncProperty(operations, async (sequence) => {
      const model = new Model();
      for (const operation of sequence) await model.run(operation);
    }),
    { numRuns: 80 },
  );
});
