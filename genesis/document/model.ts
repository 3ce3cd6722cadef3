import type { KeyType } from '#kernel';
import type { AccountTable } from './account-table.ts';
import type { ConsensusMember, LedgerMember, StakingMember } from './document.ts';

/** A document as the rules see it: typed, with gaps where a value cannot be used. */
export interface GenesisModel {
  readonly chainId: string | undefined;
  readonly timeMs: number | undefined;
  readonly initialHeight: number | undefined;
  readonly consensus: Readonly<Partial<Record<ConsensusMember, bigint>>>;
  readonly ledger: Readonly<Partial<Record<LedgerMember, bigint>>>;
  readonly staking: Readonly<Partial<Record<StakingMember, bigint>>>;
  readonly denomination: string;
  readonly totalSupply: bigint | undefined;
  readonly accounts: AccountTable;
  readonly validators: readonly ModelValidator[];
}

export interface ModelValidator {
  readonly path: string;
  readonly operator: Uint8Array | undefined;
  readonly operatorKey: ModelKey | undefined;
  readonly publicKey: Uint8Array | undefined;
  readonly proof: Uint8Array | undefined;
  readonly stake: bigint | undefined;
  readonly name: string;
  readonly website: string | undefined;
  readonly contact: string | undefined;
  readonly description: string | undefined;
  readonly location: string | undefined;
  readonly commission: ModelCommission | undefined;
  readonly peer: string | undefined;
  /** Of the operator, over the declaration. */
  readonly signature: Uint8Array | undefined;
  /** The declaration as it was parsed: what the signature covers. */
  readonly declaration: object;
}

export interface ModelKey {
  readonly type: KeyType;
  readonly value: Uint8Array;
}

/** Basis points. */
export interface ModelCommission {
  readonly rate: number;
  readonly maxRate: number;
  readonly maxDailyChange: number;
}
