import type { RuleId } from '../rules/catalogue.ts';

export type Severity = 'error' | 'warning' | 'info';

/** One thing that a rule found. */
export interface Finding {
  readonly rule: RuleId;
  readonly severity: Severity;
  /** JSON pointer (RFC 6901) of the place; empty for the document as a whole. */
  readonly path: string;
  /** What is wrong there, and what to do. */
  readonly message: string;
}

/** What a document amounts to. Amounts are decimal text in base units. */
export interface GenesisSummary {
  readonly accounts: number;
  readonly validators: number;
  readonly totalSupply: string;
  readonly totalStake: string;
  readonly denomination: string;
  /** Smallest number of validators that can stop the chain: a third of the power. */
  readonly haltingCoalition: number;
  /** Smallest number of validators that can decide alone: more than two thirds of the power. */
  readonly controllingCoalition: number;
  /** Share of the power of the largest validator, 0 to 1. */
  readonly largestPowerShare: number;
  /** State root before the first block; null when the document does not get that far. */
  readonly stateRoot: string | null;
}

/** Everything that validation has to say, for machines as it is. */
export interface GenesisReport {
  readonly valid: boolean;
  readonly format: 'node0' | 'cometbft' | 'unknown';
  readonly chainId: string | null;
  /** Hash of the canonical document; null for a foreign or unreadable one. */
  readonly genesisHash: string | null;
  readonly summary: GenesisSummary;
  readonly findings: readonly Finding[];
  /** Findings beyond those listed, by rule. */
  readonly omitted: Readonly<Record<string, number>>;
}

export const EMPTY_SUMMARY: GenesisSummary = {
  accounts: 0,
  validators: 0,
  totalSupply: '0',
  totalStake: '0',
  denomination: '',
  haltingCoalition: 0,
  controllingCoalition: 0,
  largestPowerShare: 0,
  stateRoot: null,
};
