import { silentLogger } from '#kernel';
import type { Benchmark } from '../../../bench/benchmark.ts';
import {
  createMempool,
  decodeTransaction,
  transactionFromJson,
  transactionToJson,
  type Mempool,
} from '../index.ts';
import { signatureCheckOf } from '../domain/signature-check.ts';
import { IDENTITY, outputs, signed, signedByAccount, VERIFIER } from '../test/support/samples.ts';
import { memoryJournal } from '../test/support/test-mempool.ts';

const SENDERS = 100;
const PER_SENDER = 100;
const TRANSACTIONS = SENDERS * PER_SENDER;
const BATCH = 500;

/** Transfers by sender and nonce, as they come from many senders at once; signed before any clock runs. */
function transfers(count = TRANSACTIONS) {
  return Array.from({ length: count }, (_, index) => {
    const [from, nonce] = [index % SENDERS, Math.floor(index / SENDERS)];
    return signed(from, { nonce, gasPrice: BigInt(1 + ((index * 7) % 50)) });
  });
}

/** A mempool whose verifier answers at once: what is measured is everything else. */
function openMempool(): Mempool {
  return createMempool(
    { identity: IDENTITY, limits: { maxTransactions: 50_000, maxBytes: 2 ** 28, maxPerAccount: 10_000 } },
    {
      accounts: { accounts: async (addresses) => addresses.map(() => ({ balance: 2n ** 100n, nonce: 0 })) },
      rules: () => ({ height: 1, parameters: { minGasPrice: 1n, maxBlockGas: 2 ** 40 } }),
      verifier: { verifyBatch: async (checks) => checks.map(() => true) },
      journal: memoryJournal(),
      logger: silentLogger,
    },
  );
}

async function fill(mempool: Mempool, encoded: readonly Uint8Array[]): Promise<void> {
  for (let start = 0; start < encoded.length; start += BATCH) {
    await mempool.submit(encoded.slice(start, start + BATCH), 'peer');
  }
}

/** Operations are transactions. */
export const benchmarks: readonly Benchmark[] = [
  {
    name: 'transaction: encode and sign transfers',
    async run(clock) {
      const started = clock.monotonic();
      transfers(2_000);
      return { operations: 2_000, milliseconds: clock.monotonic() - started };
    },
  },
  {
    name: 'transaction: decode transfers',
    async run(clock) {
      const encoded = transfers().map(({ bytes }) => bytes);
      const started = clock.monotonic();
      for (const bytes of encoded) decodeTransaction(bytes, IDENTITY);
      return { operations: encoded.length, milliseconds: clock.monotonic() - started };
    },
  },
  {
    name: 'transaction: decode transfers of 256 outputs',
    async run(clock) {
      const payload = { type: 'transfer', outputs: outputs(256) } as const;
      const { bytes } = signed(0, { payload });
      const started = clock.monotonic();
      for (let round = 0; round < 500; round++) decodeTransaction(bytes, IDENTITY);
      return { operations: 500, milliseconds: clock.monotonic() - started };
    },
  },
  {
    name: 'transaction: read transfers from JSON',
    async run(clock) {
      const texts = transfers(2_000).map((transaction) => JSON.stringify(transactionToJson(transaction)));
      const started = clock.monotonic();
      for (const text of texts) transactionFromJson(JSON.parse(text), IDENTITY);
      return { operations: texts.length, milliseconds: clock.monotonic() - started };
    },
  },
  {
    name: 'transaction: verify signatures (libsodium, one thread)',
    async run(clock) {
      const checks = transfers(2_000).map(signatureCheckOf);
      const started = clock.monotonic();
      for (const check of checks) VERIFIER.verify(check);
      return { operations: checks.length, milliseconds: clock.monotonic() - started };
    },
  },
  {
    name: 'transaction: verify secp256k1 signatures (libsecp256k1, one thread)',
    async run(clock) {
      const checks = Array.from({ length: 200 }, (_, from) => signatureCheckOf(signedByAccount(from)));
      const started = clock.monotonic();
      for (let round = 0; round < 5; round++) for (const check of checks) VERIFIER.verify(check);
      return { operations: 5 * checks.length, milliseconds: clock.monotonic() - started };
    },
  },
  {
    name: 'mempool: admit verified transfers in batches of 500',
    async run(clock) {
      const encoded = transfers().map(({ bytes }) => bytes);
      const mempool = openMempool();
      const started = clock.monotonic();
      await fill(mempool, encoded);
      return { operations: mempool.size, milliseconds: clock.monotonic() - started };
    },
  },
  {
    name: 'mempool: select blocks of 2,000 and finalise them',
    async run(clock) {
      const mempool = openMempool();
      const encoded = transfers().map(({ bytes }) => bytes);
      await fill(mempool, encoded);
      let [milliseconds, height] = [0, 0];
      while (mempool.hasSelectable()) {
        let started = clock.monotonic();
        const selected = mempool.select({ maxBytes: 2 ** 24, maxGas: 2 ** 40, maxCount: 2_000 });
        milliseconds += clock.monotonic() - started;
        // What the ledger tells: the newest account of each sender.
        const changed = new Map(
          selected.map(({ sender, nonce }) => [
            Buffer.from(sender).toString('hex'),
            { balance: 2n ** 100n, nonce: nonce + 1 },
          ]),
        );
        started = clock.monotonic();
        mempool.finalised(++height, selected, changed);
        milliseconds += clock.monotonic() - started;
      }
      return { operations: encoded.length, milliseconds };
    },
  },
];
