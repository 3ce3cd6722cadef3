import { createMemoryStateEngine } from '#engines/state';
import { verifySignature } from '#runtime';
import type { Benchmark } from '../../../bench/benchmark.ts';
import { decodeBlock, encodeBlock, verifyCommit, type Block } from '../index.ts';
import { commitOf, filled, GENESIS_HASH, setOf } from '../test/fixtures/samples.ts';
import {
  ACCOUNTS_FUNDED,
  commitBlock,
  genesisState,
  IDENTITY,
  openTestChain,
  transfer,
} from '../test/fixtures/test-chain.ts';

const TRANSACTIONS = 2_000;
const ROUNDS = 5;

function transfersOf(round: number) {
  const perSender = TRANSACTIONS / ACCOUNTS_FUNDED;
  return Array.from({ length: TRANSACTIONS }, (_, index) => {
    const nonce = round * perSender + Math.floor(index / ACCOUNTS_FUNDED);
    return transfer(index % ACCOUNTS_FUNDED, nonce, [{ to: filled(20, index % 250), amount: 1n }]);
  });
}

function openChain() {
  const limits = { maxBlockTransactions: TRANSACTIONS, maxBlockBytes: 2 ** 22, maxBlockGas: 2 ** 40 };
  return openTestChain(createMemoryStateEngine(), { genesis: genesisState(limits) });
}

async function assemble(
  chain: Awaited<ReturnType<typeof openChain>>['chain'],
  round: number,
): Promise<Block> {
  const { validators, blockTimeMs } = chain.tip();
  const [first] = validators.validators;
  return chain.assemble({
    round: 0,
    timeMs: blockTimeMs + 1,
    proposer: first?.address ?? filled(20, 0),
    lastCommit: undefined,
    transactions: transfersOf(round),
  });
}

/** Operations are transactions, but for commits, where they are signatures. */
export const benchmarks: readonly Benchmark[] = [
  {
    name: 'block: validate and finalise executed transfers (memory engine)',
    async run(clock) {
      const { chain } = await openChain();
      let milliseconds = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const block = await assemble(chain, round);
        const commit = commitBlock(chain, block);
        const started = clock.monotonic();
        await chain.validate(block);
        await chain.finalise(block, commit);
        milliseconds += clock.monotonic() - started;
      }
      return { operations: TRANSACTIONS * ROUNDS, milliseconds };
    },
  },
  {
    name: 'block: encode and decode transfers',
    async run(clock) {
      const { chain } = await openChain();
      const block = await assemble(chain, 0);
      const started = clock.monotonic();
      for (let round = 0; round < ROUNDS; round++) decodeBlock(encodeBlock(block), IDENTITY);
      return { operations: TRANSACTIONS * ROUNDS, milliseconds: clock.monotonic() - started };
    },
  },
  {
    name: 'block: verify the commit of 100 validators',
    async run(clock) {
      const set = setOf(Array.from({ length: 100 }, () => 10));
      const blockHash = filled(32, 1);
      const everybody = set.validators.map((_, index) => index);
      const commit = commitOf(set, { height: 5, blockHash }, everybody);
      const expected = {
        set,
        height: 5,
        blockHash,
        genesisHash: GENESIS_HASH,
        verifier: { verify: verifySignature },
      };
      const started = clock.monotonic();
      for (let round = 0; round < ROUNDS; round++) verifyCommit(commit, expected);
      return { operations: everybody.length * ROUNDS, milliseconds: clock.monotonic() - started };
    },
  },
];
