import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createMemoryStateEngine } from '#engines/state';
import { addressOfKey, silentLogger, toHex, type SignatureCheck, type SigningKey } from '#kernel';
import { nativeEd25519Key, systemClock, systemRandom, systemScheduler, verifySignature } from '#runtime';
import { createChain, type Chain } from '#services/block';
import { createLedger, type GenesisState } from '#services/blockchain';
import { signTransaction, type Transaction } from '#services/transaction';
import { createConsensus, openFileDirectory, openLocalSigner, type Consensus } from '../index.ts';
import { LEDGER_PARAMETERS } from './fake-chain.ts';
import { MemoryNetwork } from './memory-network.ts';
import { PARAMETERS } from './world.ts';

const IDENTITY = { chainId: 'consensus-test', genesisHash: new Uint8Array(32).fill(3) };
const keyOf = (index: number): SigningKey => nativeEd25519Key(new Uint8Array(32).fill(index + 1));
const addressOf = (key: SigningKey) => addressOfKey(key.type, key.publicKey);
const ACCOUNT = keyOf(100);

interface RealNode {
  readonly chain: Chain;
  readonly consensus: Consensus;
  submit(transaction: Transaction): void;
  close(): Promise<void>;
}

function genesisOf(validators: number, timeMs: number): GenesisState {
  return {
    identity: IDENTITY,
    initialHeight: 1,
    timeMs,
    accounts: [{ address: addressOf(ACCOUNT), balance: 10n ** 18n }],
    validators: Array.from({ length: validators }, (_, index) => ({
      operator: new Uint8Array(20).fill(index + 1),
      publicKey: keyOf(index).publicKey,
      stake: 1_000n,
      name: `validator ${index}`,
    })),
    ledger: { ...LEDGER_PARAMETERS, maxBlockGas: 1_000_000_000 },
    consensus: { ...PARAMETERS, proposeTimeoutMs: 3_000, emptyBlockIntervalMs: 60_000 },
  };
}

async function startNode(
  path: string,
  index: number,
  genesis: GenesisState,
  network: MemoryNetwork,
): Promise<RealNode> {
  const engine = createMemoryStateEngine();
  const ledger = createLedger({ identity: IDENTITY, engine, retainedHeights: 100 })({
    scheduler: systemScheduler,
  });
  await ledger.open(genesis);
  const verifier = {
    verify: verifySignature,
    verifyBatch: async (checks: readonly SignatureCheck[]) => checks.map(verifySignature),
  };
  const chain = createChain({ identity: IDENTITY, engine, initialHeight: 1, genesisTimeMs: genesis.timeMs })({
    ledger,
    verifier,
    logger: silentLogger,
  });
  await chain.open();
  const directory = await openFileDirectory(join(path, String(index)));
  const signer = await openLocalSigner({ directory, key: keyOf(index), genesisHash: IDENTITY.genesisHash });
  const pending = new Map<string, Transaction>();
  const listeners = new Set<() => void>();
  const { transport, leave } = network.join(`n${index}`);
  const consensus = createConsensus({ identity: IDENTITY, directory, key: signer })({
    chain,
    transport,
    verifier,
    clock: systemClock,
    scheduler: systemScheduler,
    random: systemRandom,
    logger: silentLogger,
    fetch: { fetch: async () => [] },
    mempool: {
      select: () => [...pending.values()],
      lookup: (id) => pending.get(id),
      hasSelectable: () => pending.size > 0,
      onAvailable: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  });
  chain.onFinalised(({ block }) => {
    for (const { id } of block.transactions) pending.delete(id);
  });
  await consensus.start();
  return {
    chain,
    consensus,
    submit(transaction) {
      pending.set(transaction.id, transaction);
      if (pending.size === 1) for (const listener of listeners) listener();
    },
    async close() {
      leave();
      await consensus.stop();
      await signer.close();
      await chain.close();
      await engine.close();
    },
  };
}

function transfer(nonce: number): Transaction {
  const payload = { type: 'transfer', outputs: [{ to: new Uint8Array(20).fill(77), amount: 1n }] } as const;
  const body = {
    chainId: IDENTITY.chainId,
    senderKeyType: 'ed25519',
    senderKey: ACCOUNT.publicKey,
    nonce,
    gasLimit: 100_000,
    gasPrice: 1n,
    validUntil: 1_000,
    payload,
  } as const;
  return signTransaction(body, ACCOUNT, IDENTITY);
}

function finalAt(chain: Chain, height: number): Promise<void> {
  return new Promise((resolve) => {
    const unsubscribe = chain.onFinalised(({ block }) => {
      if (block.header.height < height) return;
      unsubscribe();
      resolve();
    });
  });
}

describe('consensus over the real chain, ledger, files and keys', () => {
  it('an idle network of four finalises a transaction in well under 100 ms, many times', async (context) => {
    const path = await mkdtemp(join(tmpdir(), 'consensus-real-'));
    const network = new MemoryNetwork(systemScheduler, () => 0);
    network.latencyMs = 0;
    const genesis = genesisOf(4, systemClock.now() - 1_000);
    const nodes: RealNode[] = [];
    try {
      for (let index = 0; index < 4; index++) nodes.push(await startNode(path, index, genesis, network));
      const took: number[] = [];
      for (let height = 1; height <= 12; height++) {
        const final = Promise.all(nodes.map(({ chain }) => finalAt(chain, height)));
        const transaction = transfer(height - 1);
        const startMs = systemClock.monotonic();
        for (const node of nodes) node.submit(transaction);
        await final;
        took.push(systemClock.monotonic() - startMs);
      }
      const median = took.toSorted((a, b) => a - b)[6] ?? Infinity;
      context.diagnostic(`median ${median.toFixed(1)} ms from submission to finality on all four`);
      assert.ok(median < 100, `median ${median} ms`);
      const hashes = new Set(nodes.map(({ chain }) => toHex(chain.tip().blockHash)));
      assert.equal(hashes.size, 1);
      assert.deepEqual(
        nodes.map(({ consensus }) => consensus.status().fatal),
        [undefined, undefined, undefined, undefined],
      );
      assert.equal((await nodes[0]?.chain.transaction(transfer(5).hash))?.receipt.status, 'finalized');
    } finally {
      for (const node of nodes) await node.close();
      await rm(path, { recursive: true });
    }
  });
});
