import { addressOfKey, type SigningKey } from '#kernel';
import { nativeEd25519Key } from '#runtime';
import type { ConsensusParameters, LedgerParameters } from '#services/blockchain';
import { signTransaction, type ChainIdentity, type Transaction } from '#services/transaction';
import { makeValidatorSet, type ValidatorSet } from '#services/validator';

/** Those with which a ceremony's draft begins (`genesis/ceremony/draft.ts`): machines that are far from each other. */
export const WIDE_CONSENSUS: ConsensusParameters = {
  proposeTimeoutMs: 2_000,
  prevoteTimeoutMs: 1_000,
  precommitTimeoutMs: 1_000,
  timeoutDeltaMs: 500,
  emptyBlockIntervalMs: 5_000,
  precisionMs: 500,
  messageDelayMs: 2_000,
};

const LEDGER: LedgerParameters = {
  minGasPrice: 1n,
  maxBlockBytes: 4_194_304,
  maxBlockGas: 50_000_000,
  maxBlockTransactions: 10_000,
  maxValidators: 10_000,
  minSelfStake: 1_000_000n,
  powerReduction: 1_000_000n,
  epochBlocks: 1_000,
  unbondingPeriodMs: 1_814_400_000,
  evidenceMaxAgeMs: 1_814_400_000,
};

export interface WideGenesis {
  readonly identity: ChainIdentity;
  readonly timeMs: number;
  readonly set: ValidatorSet;
  /** By the index in the set. */
  readonly keys: readonly SigningKey[];
  readonly consensus: ConsensusParameters;
  readonly ledger: LedgerParameters;
}

/** A chain of `validators` of equal power. */
export function wideGenesis(validators: number, timeMs: number): WideGenesis {
  const keys = Array.from({ length: validators }, (_, index) => keyOf(1, index));
  const set = makeValidatorSet(
    keys.map(({ type, publicKey }, index) => {
      const address = addressOfKey(type, publicKey);
      return { address, publicKey, power: 1, operator: address, name: `validator ${index}` };
    }),
  );
  const byKey = new Map(keys.map((key) => [key.publicKey, key]));
  return {
    identity: { chainId: 'wide-1', genesisHash: new Uint8Array(32).fill(0x57) },
    timeMs,
    set,
    keys: set.validators.flatMap(({ publicKey }) => byKey.get(publicKey) ?? []),
    consensus: WIDE_CONSENSUS,
    ledger: LEDGER,
  };
}

/** Transfers that every mempool holds, the same in each block: the ledger is not part of the model. */
export function wideTransfers(identity: ChainIdentity, count: number): Transaction[] {
  const key = keyOf(2, 0);
  const to = addressOfKey(key.type, keyOf(2, 1).publicKey);
  return Array.from({ length: count }, (_, nonce) =>
    signTransaction(
      {
        chainId: identity.chainId,
        senderKeyType: key.type,
        senderKey: key.publicKey,
        nonce,
        gasLimit: 2_000,
        gasPrice: 1n,
        validUntil: 1_000_000,
        payload: { type: 'transfer', outputs: [{ to, amount: 1n }] },
      },
      key,
      identity,
    ),
  );
}

function keyOf(kind: number, index: number): SigningKey {
  const seed = new Uint8Array(32).fill(kind);
  seed.set([index >> 8, index & 255]);
  return nativeEd25519Key(seed);
}
