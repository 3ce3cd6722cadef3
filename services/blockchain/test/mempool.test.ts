import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createMemoryStateEngine } from '#engines/state';
import { silentLogger, toHex } from '#kernel';
import { verifySignature } from '#runtime';
import { createMempool, gasOf, type Journal, type Transaction } from '#services/transaction';
import {
  ACCOUNTS,
  addressOf,
  attest,
  filled,
  genesisState,
  grow,
  IDENTITY,
  openLedger,
  signed,
  strangerAt,
} from './support/samples.ts';

const journal: Journal = {
  append: async () => {},
  read: async () => [],
  rewrite: async () => {},
  bytes: 0,
  close: async () => {},
};

interface Intent {
  readonly from: number;
  readonly ahead: number;
  readonly amount: bigint;
  readonly to: number;
  readonly gasPrice: bigint;
  readonly isAttestation: boolean;
}

const intent: fc.Arbitrary<Intent> = fc.record(
  {
    from: fc.integer({ min: 0, max: ACCOUNTS - 1 }),
    ahead: fc.nat({ max: 3 }),
    amount: fc.bigInt({ min: 1n, max: 600_000n }),
    to: fc.nat({ max: ACCOUNTS }),
    gasPrice: fc.constantFrom(1n, 10n, 20n),
    isAttestation: fc.boolean(),
  },
  { noNullPrototype: true },
);
const turns = fc.array(
  fc.record(
    { intents: fc.array(intent, { maxLength: 10 }), maxCount: fc.integer({ min: 1, max: 6 }) },
    { noNullPrototype: true },
  ),
  { minLength: 2, maxLength: 6 },
);

function transactionOf({ from, amount, to, gasPrice, isAttestation }: Intent, nonce: number): Transaction {
  if (isAttestation) return attest(from, nonce, filled(32, to));
  const address = to < ACCOUNTS ? addressOf(to) : strangerAt(0);
  const payload = { type: 'transfer', outputs: [{ to: address, amount }] } as const;
  return signed(from, nonce, { gasPrice, gasLimit: 2_000, payload });
}

test('whatever the mempool offers may stand in the next block, and nothing that waits lags behind the state', async () => {
  await fc.assert(
    fc.asyncProperty(turns, async (sequence) => {
      const engine = createMemoryStateEngine();
      // Little enough that most accounts run dry.
      const accounts = Array.from({ length: ACCOUNTS }, (_, index) => ({
        address: addressOf(index),
        balance: 500_000n,
      }));
      const ledger = await openLedger(engine, { genesis: genesisState({ accounts }) });
      const mempool = createMempool(
        { identity: IDENTITY, limits: { maxTransactions: 20, maxBytes: 10_000, maxPerAccount: 6 } },
        {
          accounts: ledger,
          rules: () => ({ height: ledger.tip().height + 1, parameters: ledger.tip().parameters }),
          verifier: { verifyBatch: async (checks) => checks.map(verifySignature) },
          journal,
          logger: silentLogger,
        },
      );
      for (const { intents, maxCount } of sequence) {
        for (const wanted of intents) {
          const [account] = await ledger.accounts([addressOf(wanted.from)]);
          const transaction = transactionOf(wanted, (account?.nonce ?? 0) + wanted.ahead);
          await mempool.submit([transaction.bytes], 'peer');
        }
        const { maxBlockBytes: maxBytes, maxBlockGas: maxGas } = ledger.tip().parameters;
        const selected = mempool.select({ maxBytes, maxGas, maxCount });
        // It throws for a transaction that a block may not hold.
        const { changedAccounts, gasUsed, receipts } = await grow(ledger, engine, ...selected);
        assert.equal(
          gasUsed,
          selected.reduce((sum, { payload, senderKeyType }) => sum + gasOf(payload, senderKeyType), 0),
        );
        for (const { code } of receipts)
          assert.ok(['', 'blockchain.attestation-exists'].includes(code), code);
        mempool.finalised(ledger.tip().height, selected, changedAccounts);
        const waiting = mempool.pending(undefined, 100).items;
        const known = await ledger.accounts(waiting.map(({ sender }) => sender));
        for (const [index, { nonce }] of waiting.entries()) assert.ok(nonce >= (known[index]?.nonce ?? 0));
        assert.equal(new Set(selected.map(({ hash }) => toHex(hash))).size, selected.length);
      }
    }),
    { numRuns: 40 },
  );
});
