import { addressOfKey, formatAddress, type SigningKey } from '#kernel';
import { declareValidator } from './document/declaration.ts';
import type { GenesisAccount, GenesisDocument, GenesisValidator } from './document/document.ts';

/** A validator whose keys are at hand. */
export interface LocalValidator {
  readonly name: string;
  readonly consensusKey: SigningKey;
  /** Key of the account that controls the validator. */
  readonly operatorKey: SigningKey;
  /** Multiaddr to declare. */
  readonly peer?: string;
  readonly stake: bigint;
}

export interface LocalGenesisOptions {
  readonly chainId: string;
  readonly timeMs: number;
  readonly accounts: readonly {
    readonly address: Uint8Array;
    readonly balance: bigint;
    readonly label?: string;
  }[];
  /** Each gets an account of its own for its operator, with the stake as its balance. */
  readonly validators: readonly LocalValidator[];
  readonly denomination?: { readonly symbol: string; readonly decimals: number };
  readonly powerReduction?: bigint;
}

/** Parameters of a network on one machine: quick timeouts, a block at least every three seconds. */
const LOCAL_CONSENSUS: GenesisDocument['consensus'] = {
  proposeTimeoutMs: '1000',
  prevoteTimeoutMs: '1000',
  precommitTimeoutMs: '1000',
  timeoutDeltaMs: '250',
  emptyBlockIntervalMs: '3000',
  precisionMs: '500',
  messageDelayMs: '2000',
};

/** A genesis for a network whose keys are all made here. */
export function createLocalGenesis(options: LocalGenesisOptions): GenesisDocument {
  const accounts: GenesisAccount[] = [
    ...options.accounts.map(({ address, balance, label }) => ({
      address: formatAddress(address),
      balance: balance.toString(),
      ...(label === undefined ? {} : { label }),
    })),
    ...options.validators.map(({ name, operatorKey, stake }) => ({
      address: formatAddress(addressOfKey(operatorKey.type, operatorKey.publicKey)),
      balance: stake.toString(),
      label: `${name} operator`,
    })),
  ];
  return {
    version: 1,
    chainId: options.chainId,
    genesisTime: new Date(options.timeMs).toISOString(),
    initialHeight: '1',
    consensus: LOCAL_CONSENSUS,
    ledger: {
      denomination: options.denomination ?? { symbol: 'BZR', decimals: 6 },
      minGasPrice: '1',
      maxBlockBytes: '4194304',
      maxBlockGas: '50000000',
      maxBlockTransactions: '10000',
      maxValidators: '100',
      minSelfStake: '1',
      powerReduction: (options.powerReduction ?? 1_000_000n).toString(),
      epochBlocks: '1000',
      unbondingPeriodMs: '1814400000',
      evidenceMaxAgeMs: '1728000000',
    },
    totalSupply: accounts.reduce((sum, { balance }) => sum + BigInt(balance), 0n).toString(),
    accounts,
    validators: options.validators.map((validator) => declare(validator, options.chainId)),
  };
}

function declare(
  { name, consensusKey, operatorKey, stake, peer }: LocalValidator,
  chainId: string,
): GenesisValidator {
  const terms = {
    stake: stake.toString(),
    commission: { rate: 1000, maxRate: 2000, maxDailyChange: 100 },
    identity: { name },
    ...(peer !== undefined && { peer }),
  };
  return declareValidator({ consensusKey, operatorKey }, terms, chainId);
}
