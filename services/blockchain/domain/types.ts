import type { Amount } from '#kernel';
import type { ChainIdentity, Transaction } from '#services/transaction';
import type {
  Commission,
  CountedCommit,
  Identity,
  ProposerRotation,
  StakingParameters,
  ValidatorSet,
  ValidatorStatus,
} from '#services/validator';

export interface Account {
  readonly balance: Amount;
  /** Number of transactions that the account has sent. */
  readonly nonce: number;
}

export interface ReceiptEvent {
  /** Dotted name: `transfer`, `attestation.recorded`. */
  readonly type: string;
  /** Text attributes in a fixed order: addresses as bech32m, amounts in decimal, hashes in hex. */
  readonly attributes: readonly { readonly key: string; readonly value: string }[];
}

/** What a block does by itself, outside of its transactions. */
export interface BlockEvent extends ReceiptEvent {
  /** Whether it happened before the transactions of the block or after them. */
  readonly when: 'before' | 'after';
}

export interface Receipt {
  readonly transactionHash: Uint8Array;
  /** A failed transaction pays its fee and changes nothing else. */
  readonly status: 'finalized' | 'failed';
  /** Error code of a failed transaction, otherwise empty. */
  readonly code: string;
  readonly gasUsed: number;
  readonly fee: Amount;
  readonly events: readonly ReceiptEvent[];
}

/** A validator in brief. */
export interface ValidatorRecord {
  readonly publicKey: Uint8Array;
  /** Bonded base units. */
  readonly stake: Amount;
  readonly status: ValidatorStatus;
  readonly name: string;
}

/** An anchored document hash. */
export interface AttestationRecord {
  readonly digest: Uint8Array;
  /** 20-byte address of who anchored it. */
  readonly address: Uint8Array;
  readonly label: string;
  readonly height: number;
  /** Time of the block, Unix milliseconds. */
  readonly timeMs: number;
}

/** Kinds of offences and their numbers, from 1. Append only. */
export const OFFENCE_KINDS = ['duplicate-vote', 'duplicate-proposal', 'light-client-attack'] as const;
export type OffenceKind = (typeof OFFENCE_KINDS)[number];

/** What a validator verifiably did, as evidence in a block says. */
export interface Offence {
  /** 20-byte address of the validator's consensus key. */
  readonly validator: Uint8Array;
  /** Its voting power at `height`. */
  readonly power: number;
  readonly kind: OffenceKind;
  readonly height: number;
  /** Time of the block before `height`, Unix milliseconds. */
  readonly timeMs: number;
  /** 32-byte identity of the evidence. */
  readonly evidenceHash: Uint8Array;
}

/** An offence as the state holds it: a validator has one of a kind and height at most. */
export interface OffenceRecord extends Offence {
  /** The block that holds the evidence. */
  readonly recordedHeight: number;
}

/** What the ledger is asked to execute: a block's content without its proofs. */
export interface ExecutionInput {
  readonly height: number;
  readonly timeMs: number;
  /** 20-byte address of the proposer's consensus key. */
  readonly proposer: Uint8Array;
  readonly transactions: readonly Transaction[];
  /** What the block's evidence proves; none when absent. What is recorded already changes nothing. */
  readonly offences?: readonly Offence[];
  /** The commit of the block before, as the block holds it; none is counted when absent. */
  readonly lastCommit?: CountedCommit;
}

/** Parameters of the ledger, from the genesis; a leaf of the state. */
export interface LedgerParameters {
  readonly minGasPrice: Amount;
  readonly maxBlockBytes: number;
  readonly maxBlockGas: number;
  readonly maxBlockTransactions: number;
  readonly maxValidators: number;
  /** Smallest stake of a validator, base units. */
  readonly minSelfStake: Amount;
  /** Base units of stake for one unit of voting power. */
  readonly powerReduction: Amount;
  /** Blocks between rotations of the validator set. */
  readonly epochBlocks: number;
  readonly unbondingPeriodMs: number;
  /** Evidence of an offence longer ago is not taken: the stake that it would reach may have left. */
  readonly evidenceMaxAgeMs: number;
}

/** Pace and clocks of consensus, from the genesis; a leaf of the state. */
export interface ConsensusParameters {
  readonly proposeTimeoutMs: number;
  readonly prevoteTimeoutMs: number;
  readonly precommitTimeoutMs: number;
  /** Added to each timeout per round. */
  readonly timeoutDeltaMs: number;
  /** A block comes at least this often, with or without transactions. */
  readonly emptyBlockIntervalMs: number;
  /** Proposer-based timestamps: bound on the difference of two correct clocks. */
  readonly precisionMs: number;
  /** Proposer-based timestamps: bound on a proposal's way. */
  readonly messageDelayMs: number;
}

/** Result of executing a block on the tip, held in memory until it is committed or dropped. */
export interface Execution {
  readonly height: number;
  /** Merkle root over all state after the block; undefined within a run of blocks, where it is not made. */
  readonly stateRoot?: Uint8Array;
  readonly receipts: readonly Receipt[];
  /** The same in their encoding, in order. */
  readonly encodedReceipts: readonly Uint8Array[];
  /** List root of `receiptRootItems`. */
  readonly receiptRoot: Uint8Array;
  readonly gasUsed: number;
  /** The validators of height + 1 and the rotation that elects their proposers. */
  readonly nextValidators: ValidatorSet;
  readonly nextRotation: ProposerRotation;
  /** Offences that the block records for the first time. */
  readonly offences: readonly OffenceRecord[];
  /** What happened before the transactions and after them, in order. */
  readonly events: readonly BlockEvent[];
  /** The same in their encoding, in order. */
  readonly encodedEvents: readonly Uint8Array[];
  /** Accounts that the block changed, by address in hex. */
  readonly changedAccounts: ReadonlyMap<string, Account>;
}

/** An execution whose state can be written: of a block alone, or of the last one of a run. */
export interface SealedExecution extends Execution {
  readonly stateRoot: Uint8Array;
}

/** The state that a genesis leads to, before the first block. Balances are liquid: stakes stand apart. */
export interface GenesisState {
  readonly identity: ChainIdentity;
  readonly initialHeight: number;
  readonly timeMs: number;
  /** Of distinct addresses; read more than once. */
  readonly accounts: Iterable<{ readonly address: Uint8Array; readonly balance: Amount }>;
  readonly validators: readonly {
    readonly operator: Uint8Array;
    readonly publicKey: Uint8Array;
    readonly stake: Amount;
    readonly name: string;
    readonly identity?: Identity;
    readonly commission?: Commission;
  }[];
  readonly ledger: LedgerParameters;
  /** `DEFAULT_STAKING` when absent. */
  readonly staking?: StakingParameters;
  readonly consensus: ConsensusParameters;
}

/** Proof that a state key holds a value, or that it holds none, under a state root. */
export interface StateProof {
  /** Typed key, as bytes. */
  readonly key: Uint8Array;
  /** Encoded value; absent in a proof of absence. */
  readonly value?: Uint8Array;
  /** One encoding of the path; `verifyStateProof` reads it. */
  readonly path: Uint8Array;
}
