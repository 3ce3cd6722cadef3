import { createMemoryStateEngine, openStateEngine, type StateEngine } from '#engines/state';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '#kernel';
import type { Benchmark } from '../../../bench/benchmark.ts';
import { stateKey, verifyStateProof, type Ledger } from '../index.ts';
import { StateTree, changeOf } from '../tree/state-tree.ts';
import {
  addressOf,
  genesisState,
  grow,
  inputOn,
  openLedger,
  strangerAt,
  transfer,
} from '../test/support/samples.ts';

const SENDERS = 100;
const PER_BLOCK = 2_000;
const BLOCKS = 5;
/** Accounts that are there before: the tree has a size that matters. */
const EXISTING = 50_000;

/** A ledger with many accounts, opened anew so that its caches are cold. */
async function openGrown(engine: StateEngine): Promise<Ledger> {
  const accounts = [
    ...Array.from({ length: SENDERS }, (_, index) => ({ address: addressOf(index), balance: 10n ** 18n })),
    ...Array.from({ length: EXISTING }, (_, index) => ({ address: strangerAt(index), balance: 1n })),
  ];
  const genesis = genesisState({ accounts });
  await openLedger(engine, { genesis });
  return openLedger(engine, { genesis, retainedHeights: 1 });
}

/** A block of transfers from many senders to accounts all over the tree. */
function content(block: number) {
  const perSender = PER_BLOCK / SENDERS;
  return Array.from({ length: PER_BLOCK }, (_, index) => {
    const nonce = block * perSender + Math.floor(index / SENDERS);
    const to = strangerAt((block * PER_BLOCK + index * 7_919) % EXISTING);
    return transfer(index % SENDERS, nonce, [to, 1n]);
  });
}

async function executeAndCommit(engine: StateEngine, clock: Clock) {
  const ledger = await openGrown(engine);
  let milliseconds = 0;
  for (let block = 0; block < BLOCKS; block++) {
    const transactions = content(block);
    const started = clock.monotonic();
    await grow(ledger, engine, ...transactions);
    milliseconds += clock.monotonic() - started;
  }
  return { operations: BLOCKS * PER_BLOCK, milliseconds };
}

/** Runs on RocksDB in a directory of its own. */
async function onRocksdb<Value>(work: (engine: StateEngine) => Promise<Value>): Promise<Value> {
  const directory = await mkdtemp(join(tmpdir(), 'ledger-bench-'));
  const engine = await openStateEngine(`rocksdb:${directory}`, { profile: 'local' });
  try {
    return await work(engine);
  } finally {
    await engine.close();
    await rm(directory, { recursive: true });
  }
}

/** Operations are transactions, entries or proofs. */
export const benchmarks: readonly Benchmark[] = [
  {
    name: 'ledger: execute and commit transfers over 50,000 accounts (memory engine)',
    run: (clock) => executeAndCommit(createMemoryStateEngine(), clock),
  },
  {
    name: 'ledger: execute and commit transfers over 50,000 accounts (RocksDB, synced)',
    run: (clock) => onRocksdb((engine) => executeAndCommit(engine, clock)),
  },
  {
    name: 'ledger: execute transfers without committing (memory engine)',
    async run(clock) {
      const ledger = await openGrown(createMemoryStateEngine());
      const input = inputOn(ledger, ...content(0));
      await ledger.execute(input);
      const started = clock.monotonic();
      for (let round = 0; round < BLOCKS; round++) await ledger.execute(input);
      return { operations: BLOCKS * PER_BLOCK, milliseconds: clock.monotonic() - started };
    },
  },
  {
    name: 'state tree: build 50,000 entries',
    async run(clock) {
      const changes = Array.from({ length: EXISTING }, (_, index) =>
        changeOf(stateKey.account(strangerAt(index)), new Uint8Array(24)),
      );
      const tree = new StateTree({ getMany: async (keys) => keys.map(() => undefined) }, undefined);
      const started = clock.monotonic();
      tree.adopt(await tree.update(changes, 1));
      return { operations: EXISTING, milliseconds: clock.monotonic() - started };
    },
  },
  {
    name: 'state tree: update 2,000 of 50,000 entries at hand',
    async run(clock) {
      const entries = Array.from({ length: EXISTING }, (_, index) =>
        changeOf(stateKey.account(strangerAt(index)), new Uint8Array(24)),
      );
      const tree = new StateTree({ getMany: async (keys) => keys.map(() => undefined) }, undefined);
      tree.adopt(await tree.update(entries, 1));
      let milliseconds = 0;
      for (let round = 0; round < BLOCKS; round++) {
        const value = new Uint8Array(24).fill(round + 1);
        const changes = entries
          .slice(round * 2_000, (round + 1) * 2_000)
          .map(({ key, keyHash }) => ({ key, keyHash, value }));
        const started = clock.monotonic();
        tree.adopt(await tree.update(changes, round + 2));
        milliseconds += clock.monotonic() - started;
      }
      return { operations: BLOCKS * 2_000, milliseconds };
    },
  },
  {
    name: 'ledger: prove accounts (RocksDB)',
    run: (clock) =>
      onRocksdb(async (engine) => {
        const ledger = await openGrown(engine);
        const count = 1_000;
        const started = clock.monotonic();
        for (let index = 0; index < count; index++) await ledger.prove(stateKey.account(strangerAt(index)));
        return { operations: count, milliseconds: clock.monotonic() - started };
      }),
  },
  {
    name: 'ledger: verify proofs of accounts',
    async run(clock) {
      const ledger = await openGrown(createMemoryStateEngine());
      const proven = await Promise.all(
        Array.from({ length: 1_000 }, (_, index) => ledger.prove(stateKey.account(strangerAt(index)))),
      );
      const started = clock.monotonic();
      for (const { stateRoot, proof } of proven) verifyStateProof(stateRoot, proof);
      return { operations: proven.length, milliseconds: clock.monotonic() - started };
    },
  },
];
