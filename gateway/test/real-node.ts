import { createMemoryStateEngine } from '#engines/state';
import { addressOfKey, ed25519Key, hash, silentLogger, type SigningKey } from '#kernel';
import { nativeEd25519Key, systemClock, systemRandom, systemScheduler, verifySignature } from '#runtime';
import { createChain, voteDigest, type Block, type Evidence } from '#services/block';
import { createLedger, type GenesisState } from '#services/blockchain';
import {
  createMempool,
  signTransaction,
  type Transaction,
  type TransactionPayload,
} from '#services/transaction';
import { genesisOf } from './fakes.ts';
import type { GatewayComponents } from '../ports.ts';

export const CHAIN_ID = 'real-1';
export const identity = { chainId: CHAIN_ID, genesisHash: hash('genesis', new Uint8Array(3)) };
const keyOf = (seed: number): SigningKey => ed25519Key(new Uint8Array(32).fill(seed));
export const aliceKey = nativeEd25519Key(new Uint8Array(32).fill(41));
export const alice = addressOfKey('ed25519', aliceKey.publicKey);
export const bob = new Uint8Array(20).fill(2);
export const validatorKeys = [keyOf(51), keyOf(52), keyOf(53)];

export const genesis: GenesisState = {
  identity,
  initialHeight: 1,
  timeMs: 1_700_000_000_000,
  accounts: [{ address: alice, balance: 10n ** 12n }],
  validators: validatorKeys.map((key, index) => ({
    operator: new Uint8Array(20).fill(90 + index),
    publicKey: key.publicKey,
    stake: 10n ** 9n,
    name: `validator ${index}`,
  })),
  ledger: {
    minGasPrice: 1n,
    maxBlockBytes: 2 ** 20,
    maxBlockGas: 10 ** 8,
    maxBlockTransactions: 1_000,
    maxValidators: 10,
    minSelfStake: 1n,
    powerReduction: 10n ** 6n,
    epochBlocks: 100,
    unbondingPeriodMs: 1_000,
    evidenceMaxAgeMs: 60_000,
  },
  consensus: {
    proposeTimeoutMs: 1_000,
    prevoteTimeoutMs: 1_000,
    precommitTimeoutMs: 1_000,
    timeoutDeltaMs: 500,
    emptyBlockIntervalMs: 1_000,
    precisionMs: 500,
    messageDelayMs: 2_000,
  },
};

const verifier = {
  verify: verifySignature,
  verifyBatch: async (checks: readonly Parameters<typeof verifySignature>[0][]) =>
    checks.map(verifySignature),
};

/** A signed transaction of alice. */
export function sign(nonce: number, payload: TransactionPayload, gasLimit = 10_000): Transaction {
  const body = {
    chainId: CHAIN_ID,
    senderKeyType: 'ed25519' as const,
    senderKey: aliceKey.publicKey,
    nonce,
    gasLimit,
    gasPrice: 2n,
    validUntil: 100,
    payload,
  };
  return signTransaction(body, aliceKey, identity);
}

/**
 * The real contexts on the memory engine, without network and consensus: blocks are made by hand.
 *
 * @param state what it begins from; the keys of `validatorKeys` sign what they are asked to
 */
export async function openRealNode(state: GenesisState = genesis) {
  const engine = createMemoryStateEngine();
  const ledger = createLedger({ identity, engine, retainedHeights: 100 })({ scheduler: systemScheduler });
  await ledger.open(state);
  const { initialHeight, timeMs: genesisTimeMs } = state;
  const chain = createChain({ identity, engine, initialHeight, genesisTimeMs })({
    ledger,
    verifier,
    logger: silentLogger,
  });
  await chain.open();
  const limits = { maxTransactions: 100, maxBytes: 2 ** 20, maxPerAccount: 50 };
  const journal = {
    append: async () => undefined,
    read: async () => [],
    rewrite: async () => undefined,
    bytes: 0,
    close: async () => undefined,
  };
  const mempool = createMempool(
    { identity, limits },
    {
      accounts: ledger,
      rules: () => ({ height: chain.tip().height + 1, parameters: chain.tip().parameters }),
      verifier,
      journal,
      logger: silentLogger,
    },
  );
  chain.onFinalised(({ block, execution }) =>
    mempool.finalised(block.header.height, block.transactions, execution.changedAccounts),
  );

  /** Makes the next block of what waits, signs it with every validator and makes it final. */
  const grow = async (evidence: readonly Evidence[] = []): Promise<Block> => {
    const { validators, blockTimeMs, height } = chain.tip();
    const block = await chain.assemble({
      round: 0,
      timeMs: blockTimeMs + 1_000,
      proposer: (validators.validators[0] as { address: Uint8Array }).address,
      lastCommit: undefined,
      transactions: mempool.select({ maxBytes: 2 ** 20, maxGas: 10 ** 8, maxCount: 100 }),
      evidence,
    });
    const vote = { kind: 'precommit' as const, height: height + 1, round: 0, blockHash: block.hash };
    const digest = voteDigest(vote, identity.genesisHash);
    const signatures = validators.validators.map(({ publicKey }) =>
      validatorKeys.find((key) => Buffer.from(key.publicKey).equals(publicKey))?.sign(digest),
    );
    await chain.finalise(block, { height: height + 1, round: 0, blockHash: block.hash, signatures });
    return block;
  };

  const components: GatewayComponents = {
    identity,
    version: '0.1.0',
    chain,
    ledger,
    mempool,
    peers: { self: 'me', peers: () => [], onPeer: () => () => undefined },
    consensus: {
      status: () => ({ height: chain.tip().height + 1, round: 0, step: 'waiting' }),
      onEvent: () => () => undefined,
    },
    genesis: genesisOf({}, {}),
    validateGenesis: async () => ({}),
    readiness: () => ({ ready: true, reasons: [] }),
    syncing: () => false,
    metrics: async () => ({ contentType: 'text/plain', body: '' }),
    clock: systemClock,
    scheduler: systemScheduler,
    random: systemRandom,
    logger: silentLogger,
    publicExposure: false,
  };
  const close = async () => {
    await mempool.close();
    await chain.close();
    await engine.close();
  };
  return { components, chain, grow, verifier, close };
}
