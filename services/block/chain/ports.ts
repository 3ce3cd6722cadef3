import type { WriteBatch } from '#engines/state';
import type {
  Account,
  ConsensusParameters,
  Execution,
  ExecutionInput,
  LedgerParameters,
} from '#services/blockchain';
import type { ProposerRotation, ValidatorSet } from '#services/validator';

/** An execution with the accounts that it changes, by address in hex. */
export type ChainExecution = Execution & { readonly changedAccounts: ReadonlyMap<string, Account> };

/** What the chain needs of the ledger. */
export interface ChainLedger {
  tip(): {
    readonly height: number;
    readonly stateRoot: Uint8Array;
    readonly receiptRoot: Uint8Array;
    /** Validators of height + 1. */
    readonly validators: ValidatorSet;
    readonly rotation: ProposerRotation;
    readonly parameters: LedgerParameters;
    readonly consensus: ConsensusParameters;
  };
  /** Throws `blockchain.*` when a transaction may not be in the block at all. */
  execute(input: ExecutionInput): Promise<ChainExecution>;
  stage(execution: ChainExecution, batch: WriteBatch): void;
  committed(execution: ChainExecution): void;
  accounts(addresses: readonly Uint8Array[]): Promise<Account[]>;
}
