import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStateEngine, type StateEngine } from '#engines/state';
import { addressOfKey, hash, silentLogger, toHex, uint64ToBytes, type SigningKey } from '#kernel';
import { nativeEd25519Key, systemClock, systemRandom, systemScheduler, verifySignature } from '#runtime';
import { createBlockSync, createChain, serveState, voteDigest, type Chain } from '#services/block';
import { createLedger, type GenesisState, type Ledger, type Snapshots } from '#services/blockchain';
import { createNetwork, type Network } from '#services/network';
import { signTransaction, type Transaction } from '#services/transaction';

export const IDENTITY = { chainId: 'long-1', genesisHash: hash('genesis', Uint8Array.of(3)) };
export const GENESIS_TIME_MS = 1_700_000_000_000;
export const PORTS = {
  clock: systemClock,
  scheduler: systemScheduler,
  random: systemRandom,
  logger: silentLogger,
};
export const VERIFIER = {
  verify: verifySignature,
  verifyBatch: async (checks: readonly Parameters<typeof verifySignature>[0][]) =>
    checks.map(verifySignature),
};

function keyAt(index: number): SigningKey {
  const seed = new Uint8Array(32);
  seed.set(uint64ToBytes(index + 1));
  return nativeEd25519Key(seed);
}

const validatorKeys = Array.from({ length: 4 }, (_, index) => keyAt(index));
const keyOf = new Map(validatorKeys.map((key) => [toHex(key.publicKey), key]));
const senders = Array.from({ length: 1_000 }, (_, index) => keyAt(100 + index));

/** An address that nobody has the key of. */
export function addressAt(index: number): Uint8Array {
  return hash('address', uint64ToBytes(index)).slice(0, 20);
}

export function genesisOf(accounts: number): GenesisState {
  return {
    identity: IDENTITY,
    initialHeight: 1,
    timeMs: GENESIS_TIME_MS,
    accounts: [
      ...senders.map(({ publicKey }) => ({
        address: addressOfKey('ed25519', publicKey),
        balance: 10n ** 18n,
      })),
      ...Array.from({ length: accounts - senders.length }, (_, index) => ({
        address: addressAt(index),
        balance: 10n ** 9n,
      })),
    ],
    validators: validatorKeys.map(({ publicKey }, index) => ({
      operator: addressAt(10 ** 9 + index),
      publicKey,
      stake: 10n ** 9n,
      name: `validator ${index}`,
    })),
    ledger: {
      minGasPrice: 1n,
      maxBlockBytes: 4_000_000,
      maxBlockGas: 1_000_000_000,
      maxBlockTransactions: 10_000,
      maxValidators: 100,
      minSelfStake: 1n,
      powerReduction: 10n ** 6n,
      epochBlocks: 100,
      unbondingPeriodMs: 30 * 86_400_000,
      evidenceMaxAgeMs: 1_000,
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
}

export interface OpenNode {
  readonly engine: StateEngine;
  readonly ledger: Ledger;
  readonly chain: Chain;
}

/** A RocksDB engine in a folder of its own, which goes with it. */
export async function temporaryEngine(): Promise<{ engine: StateEngine; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'sync-'));
  const engine = await openStateEngine(`rocksdb:${join(folder, 'state')}`, { profile: 'local' });
  const remove = async () => {
    await engine.close();
    await rm(folder, { recursive: true });
  };
  return { engine, remove };
}

export async function openNode(engine: StateEngine, genesis: GenesisState): Promise<OpenNode> {
  const ledger = createLedger({ identity: IDENTITY, engine, retainedHeights: 1_000 })({
    scheduler: systemScheduler,
  });
  await ledger.open(genesis);
  const { initialHeight, timeMs: genesisTimeMs } = genesis;
  const chain = createChain({ identity: IDENTITY, engine, initialHeight, genesisTimeMs })({
    ledger,
    verifier: VERIFIER,
    logger: silentLogger,
  });
  await chain.open();
  return { engine, ledger, chain };
}

/** The transfer of a sender with a nonce. */
export function transfer(sender: number, nonce: number, to: number): Transaction {
  const key = senders[sender] as SigningKey;
  const payload = { type: 'transfer' as const, outputs: [{ to: addressAt(to), amount: 5n }] };
  const body = { chainId: IDENTITY.chainId, senderKeyType: 'ed25519' as const, senderKey: key.publicKey };
  const terms = { nonce, gasLimit: 10_000, gasPrice: 1n, validUntil: 90_000 };
  return signTransaction({ ...body, ...terms, payload }, key, IDENTITY);
}

/** Makes a block, has every validator sign it, and makes it final. */
export async function grow(chain: Chain, transactions: readonly Transaction[]): Promise<void> {
  const { validators, blockTimeMs, height } = chain.tip();
  const block = await chain.assemble({
    round: 0,
    timeMs: blockTimeMs + 1_000,
    proposer: (validators.validators[0] as { address: Uint8Array }).address,
    lastCommit: undefined,
    transactions,
  });
  assert.equal(block.transactions.length, transactions.length, 'every transaction is in its block');
  const vote = { kind: 'precommit' as const, height: height + 1, round: 0, blockHash: block.hash };
  const digest = voteDigest(vote, IDENTITY.genesisHash);
  const signatures = validators.validators.map(({ publicKey }) => keyOf.get(toHex(publicKey))?.sign(digest));
  await chain.finalise(block, { height: height + 1, round: 0, blockHash: block.hash, signatures });
}

/** An engine that leaves out the waiting for the disk: for making a chain, not for measuring one. */
export function unsynced(engine: StateEngine): StateEngine {
  return {
    get: (family, key) => engine.get(family, key),
    getMany: (family, keys) => engine.getMany(family, keys),
    range: (family, options) => engine.range(family, options),
    rangeAll: (family, options) => engine.rangeAll(family, options),
    batch: () => engine.batch(),
    write: (batch) => engine.write(batch),
    statistics: () => engine.statistics(),
    close: () => engine.close(),
  };
}

/** A libp2p node on loopback. */
export async function openNetwork(
  seed: number,
  peers: readonly string[],
  height: () => number,
): Promise<Network> {
  const network = await createNetwork(
    {
      listen: ['/ip4/127.0.0.1/tcp/0'],
      peers,
      privateKey: new Uint8Array(32).fill(seed),
      hello: () => ({
        protocolVersion: 1,
        chainId: IDENTITY.chainId,
        genesisHash: IDENTITY.genesisHash,
        role: 'full',
        agent: 'test',
        height: height(),
      }),
    },
    PORTS,
  );
  return network;
}

/** Block sync of a chain over a network. */
export function openSync(network: Network, chain: Chain) {
  return createBlockSync({ ...PORTS, identity: IDENTITY, transport: network, chain, verifier: VERIFIER });
}

/** Starts a node that serves a chain and its snapshots. */
export async function openServer(seed: number, chain: Chain, snapshots: Pick<Snapshots, 'list' | 'chunk'>) {
  const network = await openNetwork(seed, [], () => chain.tip().height);
  serveState({ transport: network, chain, snapshots, clock: systemClock });
  const sync = openSync(network, chain);
  sync.start();
  await network.start();
  return {
    network,
    async stop() {
      await sync.stop();
      await network.stop();
    },
  };
}
