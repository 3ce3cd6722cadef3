import { createMemoryStateEngine, type StateEngine } from '#engines/state';
import { addressOfKey, ed25519Key, hash, utf8, type Clock } from '#kernel';
import { nativeEd25519Key, systemScheduler } from '#runtime';
import {
  createLedger,
  type Execution,
  type ExecutionInput,
  type GenesisState,
  type Ledger,
} from '#services/blockchain';
import { signTransaction, type Transaction } from '#services/transaction';
import type { Benchmark } from '../../../bench/benchmark.ts';
import { DEFAULT_STAKING, type ValidatorSet } from '../index.ts';

const VALIDATORS = 100;
const DELEGATORS = 1_000;
const EPOCH_BLOCKS = 50;
const PER_BLOCK = 1_000;
const IDENTITY = { chainId: 'bench-1', genesisHash: new Uint8Array(32).fill(1) };
const START_MS = 1_700_000_000_000;

const seedOf = (name: string): Uint8Array => hash('derive-key', utf8(name));
const operator = (index: number): Uint8Array =>
  addressOfKey('ed25519', nativeEd25519Key(seedOf(`operator ${index}`)).publicKey);

function genesis(delegators: number): GenesisState {
  return {
    identity: IDENTITY,
    initialHeight: 1,
    timeMs: START_MS,
    accounts: Array.from({ length: delegators }, (_, index) => ({
      address: addressOfKey('ed25519', nativeEd25519Key(seedOf(`delegator ${index}`)).publicKey),
      balance: 10n ** 15n,
    })),
    validators: Array.from({ length: VALIDATORS }, (_, index) => ({
      operator: operator(index),
      publicKey: ed25519Key(seedOf(`consensus ${index}`)).publicKey,
      stake: 10n ** 12n,
      name: `validator ${index}`,
    })),
    ledger: {
      minGasPrice: 1n,
      maxBlockBytes: 4_000_000,
      maxBlockGas: 100_000_000,
      maxBlockTransactions: 10_000,
      maxValidators: VALIDATORS,
      minSelfStake: 10n ** 6n,
      powerReduction: 10n ** 6n,
      epochBlocks: EPOCH_BLOCKS,
      unbondingPeriodMs: 10 ** 9,
      evidenceMaxAgeMs: 10 ** 9,
    },
    consensus: {
      proposeTimeoutMs: 1_000,
      prevoteTimeoutMs: 900,
      precommitTimeoutMs: 800,
      timeoutDeltaMs: 500,
      emptyBlockIntervalMs: 5_000,
      precisionMs: 250,
      messageDelayMs: 2_000,
    },
    staking: { ...DEFAULT_STAKING, blockReward: 10n ** 6n },
  };
}

/** A ledger that blocks are made final on. */
class BenchLedger {
  readonly engine: StateEngine = createMemoryStateEngine();
  readonly ledger: Ledger;
  committee: ValidatorSet | undefined;

  constructor() {
    const init = { identity: IDENTITY, engine: this.engine, retainedHeights: 1 };
    this.ledger = createLedger(init)({ scheduler: systemScheduler });
  }

  input(transactions: readonly Transaction[], isCounted: boolean): ExecutionInput {
    const { height, validators } = this.ledger.tip();
    const committee = this.committee ?? validators;
    const commit = { lastCommit: { round: 0, signers: committee.validators.map(() => true) } };
    const place = { height: height + 1, timeMs: START_MS + 1_000 * (height + 1) };
    return {
      ...place,
      proposer: new Uint8Array(20),
      transactions,
      ...(isCounted && height > 0 ? commit : {}),
    };
  }

  async block(transactions: readonly Transaction[] = [], isCounted = true): Promise<Execution> {
    const { ledger, engine } = this;
    const { validators } = ledger.tip();
    const execution = await ledger.execute(this.input(transactions, isCounted));
    const batch = engine.batch();
    ledger.stage(execution, batch);
    await engine.write(batch);
    ledger.committed(execution);
    this.committee = validators;
    return execution;
  }
}

/** A delegation of every delegator at every validator: 100,000 of them. */
async function grown(delegators: number): Promise<BenchLedger> {
  const bench = new BenchLedger();
  await bench.ledger.open(genesis(delegators));
  let waiting: Transaction[] = [];
  for (let index = 0; index < delegators; index++) {
    const key = nativeEd25519Key(seedOf(`delegator ${index}`));
    for (let nonce = 0; nonce < VALIDATORS; nonce++) {
      const body = {
        chainId: IDENTITY.chainId,
        senderKeyType: 'ed25519' as const,
        senderKey: key.publicKey,
        nonce,
        gasLimit: 10_000,
        gasPrice: 1n,
        validUntil: 10_000,
        payload: {
          type: 'stake.bond' as const,
          validator: operator(nonce),
          amount: 10n ** 9n + BigInt(index),
        },
      };
      waiting.push(signTransaction(body, key, IDENTITY));
    }
    if (waiting.length < PER_BLOCK && index < delegators - 1) continue;
    await bench.block(waiting);
    waiting = [];
  }
  return bench;
}

const prepared = new Map<number, Promise<BenchLedger>>();

function ledgerOf(delegators: number): Promise<BenchLedger> {
  const ready = prepared.get(delegators) ?? grown(delegators);
  prepared.set(delegators, ready);
  return ready;
}

/** Empty blocks within an epoch, executed and committed. */
async function emptyBlocks(clock: Clock, delegators: number, isCounted: boolean) {
  const bench = await ledgerOf(delegators);
  let [operations, milliseconds] = [0, 0];
  while (operations < EPOCH_BLOCKS) {
    const { epochStart } = bench.ledger.stake().progress();
    const into = bench.ledger.tip().height - epochStart;
    const started = clock.monotonic();
    await bench.block([], isCounted);
    // The end of an epoch and what comes of it are measured by themselves.
    if (into < 4 || into > EPOCH_BLOCKS - 2) continue;
    milliseconds += clock.monotonic() - started;
    operations++;
  }
  return { operations, milliseconds };
}

/** The blocks that close an epoch, put its set into force and settle with it. */
async function rotations(clock: Clock, delegators: number) {
  const bench = await ledgerOf(delegators);
  let [operations, milliseconds] = [0, 0];
  let nonce = VALIDATORS;
  const key = nativeEd25519Key(seedOf('delegator 0'));
  while (operations < 3) {
    const { epochStart } = bench.ledger.stake().progress();
    const into = bench.ledger.tip().height - epochStart;
    if (into === EPOCH_BLOCKS - 2) {
      // Every power changes.
      const transactions = Array.from({ length: VALIDATORS }, (_, index) => {
        const payload = { type: 'stake.bond' as const, validator: operator(index), amount: 10n ** 8n };
        const head = {
          chainId: IDENTITY.chainId,
          senderKeyType: 'ed25519' as const,
          senderKey: key.publicKey,
        };
        const body = {
          ...head,
          nonce: nonce + index,
          gasLimit: 10_000,
          gasPrice: 1n,
          validUntil: 10_000,
          payload,
        };
        return signTransaction(body, key, IDENTITY);
      });
      nonce += VALIDATORS;
      await bench.block(transactions);
      continue;
    }
    if (into !== EPOCH_BLOCKS - 1) {
      await bench.block();
      continue;
    }
    const started = clock.monotonic();
    const events = [];
    // The last block of the epoch, the one that puts the set into force, and its first.
    for (let i = 0; i < 3; i++) events.push(...(await bench.block()).events);
    milliseconds += clock.monotonic() - started;
    if (!events.some(({ type }) => type === 'validator-set.rotated'))
      throw new Error('no set came into force');
    operations++;
  }
  prepared.delete(delegators);
  return { operations, milliseconds };
}

/** Operations are blocks, or rotations of three blocks. */
export const benchmarks: readonly Benchmark[] = [
  {
    name: 'validator: empty blocks without rewards, 100 validators, 100,000 delegations',
    run: (clock) => emptyBlocks(clock, DELEGATORS, false),
  },
  {
    name: 'validator: empty blocks with rewards, 100 validators, 100,000 delegations',
    run: (clock) => emptyBlocks(clock, DELEGATORS, true),
  },
  {
    name: 'validator: empty blocks with rewards, 100 validators, 1,000 delegations',
    run: (clock) => emptyBlocks(clock, DELEGATORS / 100, true),
  },
  {
    name: 'validator: rotations in which every power changes, 100 validators, 100,000 delegations',
    run: (clock) => rotations(clock, DELEGATORS),
  },
];
