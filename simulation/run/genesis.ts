import { addressOfKey, type SigningKey } from '#kernel';
import { nativeEd25519Key } from '#runtime';
import type { ConsensusParameters, GenesisState } from '#services/blockchain';
import { DEFAULT_STAKING, type StakingParameters } from '#services/validator';
import { rememberedKey } from '../node/verifier.ts';

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
  const key = rememberedKey(nativeEd25519Key(seed));
  keys.set(name, key);
  return key;
}

export const validatorKey = (index: number): SigningKey => keyOf(1, index);
/** Key of the account that controls a machine's validator. */
export const operatorKey = (index: number): SigningKey => keyOf(4, index);

export const accountKey = (index: number): SigningKey => keyOf(2, index);

/** 32-byte seed of a machine's transport identity. */
export function transportSeed(index: number): Uint8Array {
  const seed = new Uint8Array(32).fill(3);
  seed[0] = index + 1;
  return seed;
}

export const addressOf = ({ type, publicKey }: SigningKey): Uint8Array => addressOfKey(type, publicKey);

/** Short, so that sets rotate, jails end and stake is released within a run. */
const EPOCH_BLOCKS = 7;
const UNBONDING_MS = 3_000;
export const SIMULATION_STAKING: StakingParameters = {
  ...DEFAULT_STAKING,
  blockReward: 1_000n,
  minDelegation: 1_000n,
  signedBlocksWindow: 8,
  minSignedBasisPoints: 5_000,
  downtimeJailMs: 2_000,
  downtimeSlashBasisPoints: 100,
};

/** What the economy of a run may do. */
export interface Economy {
  /** False: no number of missed blocks sends anybody to jail. */
  readonly jailsAbsent: boolean;
  readonly maxValidators: number;
}

/**
 * @param powers of the validators, whose keys are `validatorKey(index)` and `operatorKey(index)`
 * @param machines that may operate a validator, the first validators among them
 */
export function simulationGenesis(
  powers: readonly number[],
  machines: number,
  { jailsAbsent, maxValidators }: Economy,
  timeMs: number,
): GenesisState {
  const holders = [
    ...Array.from({ length: ACCOUNTS + BYZANTINE_ACCOUNTS }, (_, index) => accountKey(index)),
    ...Array.from({ length: machines }, (_, index) => operatorKey(index)),
  ];
  return {
    identity: { chainId: 'simulation-1', genesisHash: new Uint8Array(32).fill(0x51) },
    initialHeight: 1,
    timeMs,
    accounts: holders.map((key) => ({ address: addressOf(key), balance: SIMULATION_BALANCE })),
    validators: powers.map((power, index) => ({
      operator: addressOf(operatorKey(index)),
      publicKey: validatorKey(index).publicKey,
      stake: BigInt(power) * SIMULATION_STAKE,
      name: `validator ${index}`,
      commission: { rate: 500 * index, maxRate: 10_000, maxDailyChange: 100 },
    })),
    ledger: {
      minGasPrice: 1n,
      maxBlockBytes: 100_000,
      maxBlockGas: 1_000_000,
      maxBlockTransactions: 200,
      maxValidators,
      minSelfStake: 1n,
      powerReduction: SIMULATION_STAKE,
      epochBlocks: EPOCH_BLOCKS,
      unbondingPeriodMs: UNBONDING_MS,
      evidenceMaxAgeMs: EVIDENCE_MAX_AGE_MS,
    },
    staking: jailsAbsent ? SIMULATION_STAKING : { ...SIMULATION_STAKING, minSignedBasisPoints: 0 },
    consensus: SIMULATION_CONSENSUS,
  };
}
