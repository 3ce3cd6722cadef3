import { addressOfKey, toHex, type SigningKey } from '#kernel';
import { nativeEd25519Key } from '#runtime';
import type { ConsensusParameters, GenesisState } from '#services/blockchain';

/** Base units of stake for one unit of power. */
export const SIMULATION_STAKE = 1_000_000n;
export const SIMULATION_BALANCE = 10n ** 15n;
export const ACCOUNTS = 10;
/** Accounts of Byzantine validators, after those of the load. */
export const BYZANTINE_ACCOUNTS = 4;

/** Timeouts of a local network: a run has many rounds. */
export const SIMULATION_CONSENSUS: ConsensusParameters = {
  proposeTimeoutMs: 300,
  prevoteTimeoutMs: 120,
  precommitTimeoutMs: 120,
  timeoutDeltaMs: 60,
  emptyBlockIntervalMs: 700,
  precisionMs: 500,
  messageDelayMs: 1_500,
};

/** Longer than a run. */
export const EVIDENCE_MAX_AGE_MS = 600_000;
/** The genesis is so old that evidence of the first height is expired from the start. */
export const GENESIS_AGE_MS = 2 * EVIDENCE_MAX_AGE_MS;

const keys = new Map<string, SigningKey>();

function keyOf(kind: number, index: number): SigningKey {
  const name = `${kind} ${index}`;
  const known = keys.get(name);
  if (known !== undefined) return known;
  const seed = new Uint8Array(32).fill(kind);
  seed[0] = index + 1;
  const key = nativeEd25519Key(seed);
  keys.set(name, key);
  return key;
}

export const validatorKey = (index: number): SigningKey => keyOf(1, index);
/** Address of a validator's consensus key in hex. */
export function validatorAddress(index: number): string {
  return toHex(addressOfKey('ed25519', validatorKey(index).publicKey));
}

export const accountKey = (index: number): SigningKey => keyOf(2, index);

/** 32-byte seed of a machine's transport identity. */
export function transportSeed(index: number): Uint8Array {
  const seed = new Uint8Array(32).fill(3);
  seed[0] = index + 1;
  return seed;
}

/** Accounts with funds, by address in hex. */
export function simulationAccounts(): { id: string; address: Uint8Array }[] {
  return Array.from({ length: ACCOUNTS + BYZANTINE_ACCOUNTS }, (_, index) => {
    const key = accountKey(index);
    const address = addressOfKey(key.type, key.publicKey);
    return { id: toHex(address), address };
  });
}

/** @param powers of the validators, whose keys are `validatorKey(index)` */
export function simulationGenesis(powers: readonly number[], timeMs: number): GenesisState {
  return {
    identity: { chainId: 'simulation-1', genesisHash: new Uint8Array(32).fill(0x51) },
    initialHeight: 1,
    timeMs,
    accounts: simulationAccounts().map(({ address }) => ({ address, balance: SIMULATION_BALANCE })),
    validators: powers.map((power, index) => ({
      operator: new Uint8Array(20).fill(index + 1),
      publicKey: validatorKey(index).publicKey,
      stake: BigInt(power) * SIMULATION_STAKE,
      name: `validator ${index}`,
    })),
    ledger: {
      minGasPrice: 1n,
      maxBlockBytes: 100_000,
      maxBlockGas: 1_000_000,
      maxBlockTransactions: 200,
      maxValidators: 100,
      minSelfStake: 1n,
      powerReduction: SIMULATION_STAKE,
      epochBlocks: 100,
      unbondingPeriodMs: 1_000,
      evidenceMaxAgeMs: EVIDENCE_MAX_AGE_MS,
    },
    consensus: SIMULATION_CONSENSUS,
  };
}
