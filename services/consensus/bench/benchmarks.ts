import { silentLogger, type Clock } from '#kernel';
import { systemRandom, systemScheduler } from '#runtime';
import type { Transport } from '#services/network';
import {
  commitHash,
  evidenceRoot,
  makeBlock,
  transactionRoot,
  type ChainTip,
  type Commit,
} from '#services/block';
import { initialRotation, type ValidatorSet } from '#services/validator';
import type { Benchmark } from '../../../bench/benchmark.ts';
import { keyOf, sampleHeader } from '../../block/test/fixtures/samples.ts';
import { compactProposal, headerOf, rebuildBlock } from '../driver/compact-block.ts';
import { makeHeightContext } from '../driver/height-context.ts';
import { completionFor, roundStateOf } from '../driver/round-states.ts';
import { freshState } from '../domain/state.ts';
import { createConsensus, decodeMessage, encodeMessage, openLocalSigner } from '../index.ts';
import { decodeFakeBlock, fakeChain, LEDGER_PARAMETERS } from '../test/fake-chain.ts';
import { MemoryDirectory } from '../test/memory-directory.ts';
import { PARAMETERS } from '../test/world.ts';

const GENESIS = { hash: new Uint8Array(32).fill(1), timeMs: 1_600_000_000_000 };
const SIGNATURE = new Uint8Array(64).fill(5);

/** A set of one real key, this node's, and of made-up ones. */
function wideSet(size: number): ValidatorSet {
  const validators = Array.from({ length: size }, (_, index) => {
    const bytes = (length: number) => {
      const filled = new Uint8Array(length).fill(9);
      filled.set([index >> 8, index & 255]);
      return filled;
    };
    const publicKey = index === size - 1 ? keyOf(0).publicKey : bytes(32);
    return { address: bytes(20), publicKey, power: 1, operator: bytes(20), name: '' };
  });
  return { validators, totalPower: size, hash: new Uint8Array(32) };
}

function votesOf(size: number, kind: 'prevote' | 'precommit'): Uint8Array[] {
  const blockHash = new Uint8Array(32).fill(8);
  const body = { kind, height: 1, round: 0, blockHash };
  return Array.from({ length: size - 1 }, (_, validatorIndex) =>
    encodeMessage({ kind: 'vote', vote: { body, validatorIndex, signature: SIGNATURE } }),
  );
}

/** What a vote costs a validator from its bytes to the end of its step, without the check of its signature. */
async function takeVotes(clock: Clock, size: number): Promise<{ operations: number; milliseconds: number }> {
  const set = wideSet(size);
  const votes = [...votesOf(size, 'prevote'), ...votesOf(size, 'precommit')];
  let deliver: (peer: string, bytes: Uint8Array) => void = () => undefined;
  const transport: Transport = {
    self: 'self',
    peers: () => [],
    send: () => true,
    broadcast: () => 0,
    onMessage: (_, handler) => {
      deliver = handler;
    },
    request: () => Promise.reject(new Error('not part of this benchmark')),
    onRequest: () => undefined,
    onPeer: () => () => undefined,
    report: () => undefined,
  };
  const key = await openLocalSigner({
    directory: new MemoryDirectory(),
    key: keyOf(0),
    genesisHash: GENESIS.hash,
  });
  const identity = { chainId: 'test', genesisHash: GENESIS.hash };
  const consensus = createConsensus({ identity, directory: new MemoryDirectory(), key })({
    chain: fakeChain({ blocks: [] }, set, PARAMETERS, GENESIS, () => true),
    transport,
    mempool: {
      select: () => [],
      lookup: () => undefined,
      hasSelectable: () => false,
      onAvailable: () => () => undefined,
    },
    fetch: { fetch: async () => [] },
    decodeBlock: decodeFakeBlock,
    verifier: { verify: () => true },
    clock: { now: () => GENESIS.timeMs + 1, monotonic: () => clock.monotonic() },
    // Nothing times out: what is measured is the votes.
    scheduler: { ...systemScheduler, after: () => ({ cancel: () => undefined }) },
    random: systemRandom,
    logger: silentLogger,
  });
  await consensus.start();
  while (consensus.status().validatorIndex === undefined) await turn();
  const started = clock.monotonic();
  for (const vote of votes) deliver('peer', vote);
  while (consensus.statistics().waiting > 0) await turn();
  const milliseconds = clock.monotonic() - started;
  await consensus.stop();
  return { operations: votes.length, milliseconds };
}

const turn = (): Promise<void> => new Promise((resolve) => systemScheduler.soon(resolve));

/** Sums several runs: one is short. */
async function repeated(
  times: number,
  run: () => Promise<{ operations: number; milliseconds: number }>,
): Promise<{ operations: number; milliseconds: number }> {
  let [operations, milliseconds] = [0, 0];
  for (let index = 0; index < times; index++) {
    const one = await run();
    operations += one.operations;
    milliseconds += one.milliseconds;
  }
  return { operations, milliseconds };
}

const WIDE = 500;
const ROUNDS = 100;

function wideTip(): ChainTip {
  const set = wideSet(WIDE);
  return {
    height: 0,
    blockHash: GENESIS.hash,
    blockTimeMs: GENESIS.timeMs,
    commit: undefined,
    validators: set,
    rotation: initialRotation(set),
    parameters: LEDGER_PARAMETERS,
    consensus: PARAMETERS,
    stateRoot: new Uint8Array(32),
  };
}

function readProposals(clock: Clock): { operations: number; milliseconds: number } {
  const signatures = Array.from({ length: WIDE }, () => SIGNATURE);
  const lastCommit: Commit = { height: 6, round: 0, blockHash: new Uint8Array(32).fill(1), signatures };
  const header = sampleHeader({
    commitHash: commitHash(lastCommit),
    transactionRoot: transactionRoot([]),
    evidenceRoot: evidenceRoot([]),
  });
  const block = makeBlock(header, [], lastCommit, []);
  const body = { height: 7, round: 0, polRound: -1, blockHash: block.hash };
  const bytes = encodeMessage({ kind: 'proposal', proposal: compactProposal(block, body, 0, SIGNATURE) });
  const started = clock.monotonic();
  for (let round = 0; round < ROUNDS; round++) {
    const message = decodeMessage(bytes);
    if (message.kind !== 'proposal') throw new Error('a proposal is read as another message');
    const read = headerOf(message.proposal);
    if (!read.ok) throw read.error;
    rebuildBlock(message.proposal, read.value, []);
  }
  return { operations: ROUNDS, milliseconds: clock.monotonic() - started };
}

function answerRoundStates(clock: Clock): { operations: number; milliseconds: number } {
  const context = makeHeightContext(wideTip(), undefined, 0);
  for (const bytes of [...votesOf(WIDE, 'prevote'), ...votesOf(WIDE, 'precommit')]) {
    const message = decodeMessage(bytes);
    if (message.kind === 'vote') context.book.addVote(message.vote, 0);
  }
  const core = freshState(context.setting);
  const started = clock.monotonic();
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = encodeMessage({ kind: 'round-state', state: roundStateOf(context, core) });
    const message = decodeMessage(bytes);
    if (message.kind === 'round-state') completionFor(message.state, context, core, 1_000);
  }
  return { operations: ROUNDS, milliseconds: clock.monotonic() - started };
}

export const benchmarks: readonly Benchmark[] = [
  ...[4, 100, 500].map((size) => ({
    name: `consensus: take votes of ${size} validators, signatures not counted`,
    run: (clock: Clock) => repeated(Math.ceil(2_000 / size), () => takeVotes(clock, size)),
  })),
  {
    name: `consensus: read proposals with the commit of ${WIDE} validators`,
    run: async (clock) => readProposals(clock),
  },
  {
    name: `consensus: make and answer round states of ${WIDE} validators`,
    run: async (clock) => answerRoundStates(clock),
  },
];
