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
  /** The signatures under which validators declared themselves, by what could be found out about them. */
  readonly declarationSignatures: SignatureCounts;
  /** State root before the first block; null when the document does not get that far. */
  readonly stateRoot: string | null;
}

export interface ReportedValidator {
  readonly name: string;
  /** Address of the account that controls it, in the text form of the document's chain. */
  readonly operator: string;
  readonly stake: string;
  readonly power: string;
  /** Of the power of the set, 0 to 1. */
  readonly share: number;
}

export interface SignatureCounts {
  readonly valid: number;
  readonly invalid: number;
  /** What was signed cannot be put together again; a finding says why. Neither valid nor forged. */
  readonly uncheckable: number;
}

/** Everything that validation has to say, for machines as it is. */
export interface GenesisReport {
  readonly valid: boolean;
  readonly format: 'node0' | 'cometbft' | 'unknown';
  readonly chainId: string | null;
  /**
   * Hash of the canonical document, for a foreign document that of the genesis that `importGenesis` makes of it
   * without local validators; null where there is none.
   */
  readonly genesisHash: string | null;
  readonly summary: GenesisSummary;
  /** The validators that the document leads to, the strongest first. */
  readonly validatorSet: readonly ReportedValidator[];
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
  declarationSignatures: { valid: 0, invalid: 0, uncheckable: 0 },
  stateRoot: null,
};
