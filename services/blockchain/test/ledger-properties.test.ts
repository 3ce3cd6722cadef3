import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createMemoryStateEngine } from '#engines/state';
import { equalBytes, toHex } from '#kernel';
import type { Transaction } from '#services/transaction';
import type { Account, Ledger } from '../index.ts';
import {
  ACCOUNTS,
  addressOf,
  attest,
  FEE,
  filled,
  FUNDS,
  grow,
  inputOn,
  openLedger,
  rootOfState,
  strangerAt,
  transfer,
} from './support/samples.ts';

type Step =
  | { kind: 'transfer'; from: number; to: number[]; amount: bigint }
  | { kind: 'attest'; from: number; digest: number };

const record = { noNullPrototype: true };
const from = fc.integer({ min: 0, max: ACCOUNTS - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('transfer' as const),
      from,
      // Up to 5 are the accounts that send, the others are nobody's.
      to: fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 4 }),
      amount: fc.oneof(fc.bigInt({ min: 1n, max: 1_000n }), fc.bigInt({ min: FUNDS / 3n, max: 2n * FUNDS })),
    },
    record,
  ),
  fc.record({ kind: fc.constant('attest' as const), from, digest: fc.nat({ max: 2 }) }, record),
);
/** Blocks with what is done between them. */
const blocks = fc.array(
  fc.record(
    { steps: fc.array(step, { maxLength: 8 }), reopen: fc.boolean(), speculate: fc.boolean() },
    record,
  ),
  { minLength: 1, maxLength: 6 },
);

const recipient = (to: number): Uint8Array => (to < ACCOUNTS ? addressOf(to) : strangerAt(to));

/** The rules by their plain definition. */
class Model {
  readonly accounts = new Map<string, Account>();
  readonly #attested = new Set<string>();
  fees = 0n;

  constructor() {
    for (let index = 0; index < ACCOUNTS; index++) this.#set(addressOf(index), { balance: FUNDS, nonce: 0 });
  }

  get(address: Uint8Array): Account {
    return this.accounts.get(toHex(address)) ?? { balance: 0n, nonce: 0 };
  }

  #set(address: Uint8Array, account: Account): void {
    this.accounts.set(toHex(address), account);
  }

  #add(address: Uint8Array, amount: bigint): void {
    const { balance, nonce } = this.get(address);
    this.#set(address, { balance: balance + amount, nonce });
  }

  /** Applies a step; the code that its receipt must have, undefined when no block may hold it. */
  apply(taken: Step): { transaction: Transaction; code: string } | undefined {
    const sender = addressOf(taken.from);
    const { balance, nonce } = this.get(sender);
    // `signed` offers 200,000 gas at 2.
    if (balance < 400_000n) return undefined;
    const fee = taken.kind === 'transfer' ? FEE.transfer(taken.to.length) : FEE.attest;
    this.#set(sender, { balance: balance - fee, nonce: nonce + 1 });
    this.fees += fee;
    if (taken.kind === 'attest') {
      const key = `${taken.from}/${taken.digest}`;
      const code = this.#attested.has(key) ? 'blockchain.attestation-exists' : '';
      this.#attested.add(key);
      return { transaction: attest(taken.from, nonce, filled(32, taken.digest)), code };
    }
    const outputs = taken.to.map((to) => [recipient(to), taken.amount] as const);
    const transaction = transfer(taken.from, nonce, ...outputs);
    const total = taken.amount * BigInt(taken.to.length);
    if (balance - fee < total) return { transaction, code: 'blockchain.insufficient-balance' };
    this.#add(sender, -total);
    for (const to of taken.to) this.#add(recipient(to), taken.amount);
    return { transaction, code: '' };
  }
}

test('random blocks do what the rules say, conserve the supply, and are the same on every node', async () => {
  await fc.assert(
    fc.asyncProperty(blocks, async (sequence) => {
      const engine = createMemoryStateEngine();
      let ledger = await openLedger(engine);
      const otherEngine = createMemoryStateEngine();
      const other = await openLedger(otherEngine);
      const { total } = await ledger.supply();
      const model = new Model();
      for (const { steps, reopen, speculate } of sequence) {
        // One node restarts and executes blocks that never become final; the other does neither.
        if (reopen) ledger = await openLedger(engine);
        if (speculate) await speculateOn(ledger, model);
        const applied = steps.flatMap((taken) => model.apply(taken) ?? []);
        const transactions = applied.map(({ transaction }) => transaction);
        const execution = await grow(ledger, engine, ...transactions);
        const same = await grow(other, otherEngine, ...transactions);
        assert.deepEqual(
          execution.receipts.map(({ code }) => code),
          applied.map(({ code }) => code),
        );
        assert.deepEqual(same, execution);
        assert.equal(await rootOfState(engine), toHex(execution.stateRoot));
        const supply = await ledger.supply();
        assert.equal(supply.total, total);
        assert.equal(supply.feePool, model.fees);
        for (const [id, account] of model.accounts) {
          const [found] = await ledger.accounts([Uint8Array.from(Buffer.from(id, 'hex'))]);
          assert.deepEqual(found, account);
        }
      }
      assert.deepEqual((await openLedger(engine)).tip(), other.tip());
    }),
    { numRuns: 60 },
  );
});

/** Executes a block that is then dropped. */
async function speculateOn(ledger: Ledger, model: Model): Promise<void> {
  const sender = Array.from({ length: ACCOUNTS }, (_, index) => index).find(
    (index) => model.get(addressOf(index)).balance >= 400_000n,
  );
  if (sender === undefined) return;
  const { nonce } = model.get(addressOf(sender));
  const dropped = [attest(sender, nonce, filled(32, 0)), transfer(sender, nonce + 1, [strangerAt(99), 1n])];
  const { stateRoot } = await ledger.execute(inputOn(ledger, ...dropped));
  assert.equal(equalBytes(stateRoot, ledger.tip().stateRoot), false);
}
