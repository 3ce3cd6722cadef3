import { createMemoryStateEngine, type StateEngine } from '#engines/state';
import { addressOfKey, isCodedError, toHex, type SigningKey } from '#kernel';
import { nativeEd25519Key, systemScheduler } from '#runtime';
import { signTransaction, type Transaction, type TransactionBody } from '#services/transaction';
import {
  createLedger,
  verifyStateProof,
  type ExecutionInput,
  type GenesisState,
  type Ledger,
  type LedgerRun,
  type SealedExecution,
  type StateProof,
} from '../../index.ts';
import { StateTree, changeOf } from '../../tree/state-tree.ts';

export function filled(length: number, byte: number): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

export const IDENTITY = { chainId: 'test-chain-1', genesisHash: filled(32, 0x9e) };
export const FUNDS = 10n ** 12n;
export const ACCOUNTS = 6;
const GENESIS_TIME_MS = 1_700_000_000_000;

const keys = new Map<number, SigningKey>();

export function keyOf(index: number): SigningKey {
  const key = keys.get(index) ?? nativeEd25519Key(filled(32, index + 1));
  keys.set(index, key);
  return key;
}

/** Address of an account; those from 0 to `ACCOUNTS` - 1 have funds. */
export function addressOf(index: number): Uint8Array {
  return addressOfKey('ed25519', keyOf(index).publicKey);
}

/** An address of nobody's key. */
export function strangerAt(index: number): Uint8Array {
  const address = filled(20, 0xee);
  new DataView(address.buffer).setUint32(0, index);
  return address;
}

/** A genesis whose accounts are a list. */
export type SampleGenesis = GenesisState & {
  readonly accounts: readonly { readonly address: Uint8Array; readonly balance: bigint }[];
};

export function genesisState(changes: Partial<SampleGenesis> = {}): SampleGenesis {
  return {
    identity: IDENTITY,
    initialHeight: 1,
    timeMs: GENESIS_TIME_MS,
    accounts: Array.from({ length: ACCOUNTS }, (_, index) => ({
      address: addressOf(index),
      balance: FUNDS,
    })),
    validators: [400, 300, 200, 100].map((stake, index) => ({
      operator: filled(20, 50 + index),
      publicKey: keyOf(100 + index).publicKey,
      stake: BigInt(stake) * 10n ** 6n,
      name: `validator ${index}`,
    })),
    ledger: {
      minGasPrice: 1n,
      maxBlockBytes: 1_000_000,
      maxBlockGas: 10_000_000,
      maxBlockTransactions: 1_000,
      maxValidators: 100,
      minSelfStake: 10n ** 6n,
      powerReduction: 10n ** 6n,
      epochBlocks: 100,
      unbondingPeriodMs: 1_000,
      evidenceMaxAgeMs: 1_000,
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
    ...changes,
  };
}

/** A ledger over an engine, open. */
export async function openLedger(
  engine: StateEngine = createMemoryStateEngine(),
  { genesis = genesisState(), retainedHeights = 1_000 } = {},
): Promise<Ledger> {
  const init = { identity: genesis.identity, engine, retainedHeights };
  const ledger = createLedger(init)({ scheduler: systemScheduler });
  await ledger.open(genesis);
  return ledger;
}

export function signed(from: number, nonce: number, changes: Partial<TransactionBody> = {}): Transaction {
  const key = keyOf(from);
  return signTransaction(
    {
      chainId: IDENTITY.chainId,
      senderKeyType: 'ed25519',
      senderKey: key.publicKey,
      nonce,
      gasLimit: 200_000,
      gasPrice: 2n,
      validUntil: 10_000,
      payload: { type: 'transfer', outputs: [{ to: strangerAt(1), amount: 5n }] },
      ...changes,
    },
    key,
    IDENTITY,
  );
}

export function transfer(
  from: number,
  nonce: number,
  ...outputs: readonly (readonly [to: Uint8Array, amount: bigint])[]
): Transaction {
  const payload = { type: 'transfer', outputs: outputs.map(([to, amount]) => ({ to, amount })) } as const;
  return signed(from, nonce, { payload });
}

export function attest(from: number, nonce: number, digest: Uint8Array, label = 'label'): Transaction {
  return signed(from, nonce, { payload: { type: 'attest', digest, label } });
}

/** Base units that `signed` transactions with the given outputs, or an attestation, pay. */
export const FEE = {
  transfer: (outputs = 1): bigint => 2n * BigInt(1_000 + 500 * outputs),
  attest: 6_000n,
} as const;

/** The block after the tip with the given content. */
export function inputOn(
  ledger: Pick<Ledger | LedgerRun, 'tip'>,
  ...transactions: readonly Transaction[]
): ExecutionInput {
  const height = ledger.tip().height + 1;
  return { height, timeMs: GENESIS_TIME_MS + 1_000 * height, proposer: filled(20, 50), transactions };
}

/** Executes a block on the tip and makes it final, as the chain does. */
export async function grow(
  ledger: Ledger,
  engine: StateEngine,
  ...transactions: readonly Transaction[]
): Promise<SealedExecution> {
  const execution = await ledger.execute(inputOn(ledger, ...transactions));
  await write(ledger, engine, execution);
  ledger.committed(execution);
  return execution;
}

/** Writes an execution and goes no further. */
export async function write(
  ledger: Ledger,
  engine: StateEngine,
  execution: SealedExecution,
  sync = true,
): Promise<void> {
  const batch = engine.batch();
  ledger.stage(execution, batch);
  await engine.write(batch, { sync });
}

/** The root of what the engine holds as the newest state, worked out anew. */
export async function rootOfState(engine: StateEngine): Promise<string> {
  const tree = new StateTree({ getMany: async (wanted) => wanted.map(() => undefined) }, undefined);
  const entries = await engine.rangeAll('state', { limit: 10 ** 6 });
  const changes = entries.map(({ key, value }) => changeOf(key, value));
  return toHex((await tree.update(changes, 1)).rootHash);
}

/** Number of tree nodes that the newest state needs. */
export async function nodesNeeded(engine: StateEngine): Promise<number> {
  const tree = new StateTree({ getMany: async (wanted) => wanted.map(() => undefined) }, undefined);
  const entries = await engine.rangeAll('state', { limit: 10 ** 6 });
  const changes = entries.map(({ key, value }) => changeOf(key, value));
  return (await tree.update(changes, 1)).added.length;
}

/** Whether a proof holds; one that is not even the encoding of a proof does not. */
export function holds(root: Uint8Array, proof: StateProof): boolean {
  try {
    return verifyStateProof(root, proof);
  } catch (error) {
    if (isCodedError(error)) return false;
    throw error;
  }
}
