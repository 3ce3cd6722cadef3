import { join } from 'node:path';
import { createMemoryStateEngine } from '#engines/state';
import { addressOfKey, silentLogger, type SignatureCheck, type SigningKey } from '#kernel';
import { nativeEd25519Key, systemClock, systemRandom, systemScheduler, verifySignature } from '#runtime';
import { createChain, type Chain } from '#services/block';
import { createLedger, type GenesisState, type Ledger } from '#services/blockchain';
import { signTransaction, type Transaction, type TransactionPayload } from '#services/transaction';
import { createConsensus, openFileDirectory, openLocalSigner, type Consensus } from '../index.ts';
import { LEDGER_PARAMETERS } from './fake-chain.ts';
import type { MemoryNetwork } from './memory-network.ts';
import { PARAMETERS } from './world.ts';

export const IDENTITY = { chainId: 'consensus-test', genesisHash: new Uint8Array(32).fill(3) };
export const keyOf = (index: number): SigningKey => nativeEd25519Key(new Uint8Array(32).fill(index + 1));
export const addressOf = (key: SigningKey) => addressOfKey(key.type, key.publicKey);
/** The key of the one account with funds. */
export const ACCOUNT = keyOf(100);

/** A validator with the real chain, ledger, files and keys. */
export interface RealNode {
  readonly chain: Chain;
  readonly ledger: Ledger;
  readonly consensus: Consensus;
  submit(transaction: Transaction): void;
  close(): Promise<void>;
}

export function genesisOf(validators: number, timeMs: number): GenesisState {
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

export async function startNode(
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
    ledger,
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

export function transfer(nonce: number): Transaction {
  return signed(nonce, { type: 'transfer', outputs: [{ to: new Uint8Array(20).fill(77), amount: 1n }] });
}

/** A transaction of `ACCOUNT`. */
export function signed(nonce: number, payload: TransactionPayload): Transaction {
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

export function finalAt(chain: Chain, height: number): Promise<void> {
  return new Promise((resolve) => {
    const unsubscribe = chain.onFinalised(({ block }) => {
      if (block.header.height < height) return;
      unsubscribe();
      resolve();
    });
  });
}
