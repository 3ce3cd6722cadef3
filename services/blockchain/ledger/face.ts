import type { Amount } from '#kernel';
import type { WriteBatch } from '#engines/state';
import type { ProposerRotation, StakeQueries, StakingParameters, ValidatorSet } from '#services/validator';
import type {
  Account,
  AttestationRecord,
  ConsensusParameters,
  Execution,
  ExecutionInput,
  GenesisState,
  LedgerParameters,
  Offence,
  OffenceRecord,
  SealedExecution,
  StateProof,
  ValidatorRecord,
} from '../domain/types.ts';

/** The state after the last final block. */
export interface LedgerTip {
  readonly height: number;
  readonly stateRoot: Uint8Array;
  readonly receiptRoot: Uint8Array;
  /** Validators of height + 1. */
  readonly validators: ValidatorSet;
  readonly rotation: ProposerRotation;
  readonly parameters: LedgerParameters;
  readonly staking: StakingParameters;
  readonly consensus: ConsensusParameters;
}

/** The state after the last block of a run, which is not written yet. */
export interface RunTip extends Omit<LedgerTip, 'stateRoot'> {
  /** Undefined after the first block of the run: it is not made. */
  readonly stateRoot: Uint8Array | undefined;
}

/** Blocks that are executed one on the other and written at once, with one tree for all of them (SYNC-9). */
export interface LedgerRun {
  tip(): RunTip;
  /** Entries of the state that the blocks so far change. */
  readonly entries: number;
  /** As `Ledger.execute`, on the last block of the run; the run has it when it was added. */
  execute(input: ExecutionInput): Promise<Execution>;
  /** Puts the block that was executed last into the run. */
  add(execution: Execution): void;
  /** The execution of the last block, which stands for the run in `Ledger.stage` and `Ledger.committed`. */
  seal(): Promise<SealedExecution>;
}

/** Sums over the whole state, base units. */
export interface Supply {
  readonly balances: Amount;
  readonly stake: Amount;
  readonly unbonding: Amount;
  /** Rewards and commission that nobody has withdrawn. */
  readonly rewards: Amount;
  readonly communityPool: Amount;
  readonly feePool: Amount;
  /** All of the above. */
  readonly total: Amount;
  /** What there was at the genesis, what came into being since, and what is gone: they give the same. */
  readonly issued: Amount;
  readonly minted: Amount;
  readonly burnt: Amount;
}

/** The state of all accounts and everything else that blocks change. */
export interface Ledger {
  /**
   * First start: writes the genesis state. Later: loads the tip.
   *
   * @param genesis the state, or what gives it: asked only at the first start
   * @param onProgress at the first start: the part of the state that is written, 0 to 1
   * @throws `blockchain.other-chain` when the data are of another genesis
   */
  open(
    genesis: GenesisState | (() => Promise<GenesisState>),
    onProgress?: (fraction: number) => void,
  ): Promise<void>;
  tip(): LedgerTip;
  /**
   * Executes a block's content on the tip without changing it.
   *
   * @throws `blockchain.nonce-mismatch`, `blockchain.fee-not-covered`, `blockchain.out-of-gas` for a
   *   transaction that may not be in the block at all
   */
  execute(input: ExecutionInput): Promise<SealedExecution>;
  /** Begins a run of blocks on the tip. */
  beginRun(): LedgerRun;
  /** Puts an execution's writes into the batch that also holds its blocks. @throws `blockchain.stale-execution` */
  stage(execution: SealedExecution, batch: WriteBatch): void;
  /** Moves the tip, after the batch was written. */
  committed(execution: SealedExecution): void;
  /** Accounts at the tip; one that is not there has neither balance nor nonce. */
  accounts(addresses: readonly Uint8Array[]): Promise<Account[]>;
  /** @throws `blockchain.height-not-retained`, `blockchain.future-height` */
  account(address: Uint8Array, height?: number): Promise<Account | undefined>;
  /** Proof of presence or absence of a key. @throws `blockchain.height-not-retained`, `blockchain.future-height` */
  prove(
    key: Uint8Array,
    height?: number,
  ): Promise<{ height: number; stateRoot: Uint8Array; proof: StateProof }>;
  validators(): Promise<(ValidatorRecord & { readonly operator: Uint8Array })[]>;
  /** Reads of stake, rewards, reputation and slashing at the tip. */
  stake(): StakeQueries;
  /** Everybody who anchored the digest. */
  attestations(digest: Uint8Array): Promise<AttestationRecord[]>;
  /** For each offence whether the tip has one of its validator, height and kind. */
  offencesRecorded(offences: readonly Offence[]): Promise<boolean[]>;
  /**
   * Offences of a validator at the tip, the latest height first.
   *
   * @param validator 20-byte address of the consensus key
   * @param page `upTo`: only those of heights up to this one
   */
  offences(
    validator: Uint8Array,
    page: { readonly upTo?: number; readonly limit: number },
  ): Promise<OffenceRecord[]>;
  /** Reads every account: for checks, not for requests. */
  supply(): Promise<Supply>;
  /**
   * Removes what heights before the retained ones needed, a bounded step; true while there is more.
   *
   * @param held a height that is being read: it and later ones stay
   */
  prune(held?: number): Promise<boolean>;
}
