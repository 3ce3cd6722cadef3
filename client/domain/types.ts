import type { ChainIdentity } from '#services/transaction/portable';
import type { Commit, Header } from '#services/block/portable';
import type { ValidatorSet } from '#services/validator';

/**
 * A header with what proves it: the commit, and the validators whose signatures it holds.
 *
 * @see LCV-DATA-LIGHTBLOCK of the CometBFT light client specification
 */
export interface LightBlock {
  /** Hash of the header, worked out here. */
  readonly hash: Uint8Array;
  readonly header: Header;
  readonly commit: Commit;
  /** The set of the header's height: keys and powers; names and operators are not proven, so not held. */
  readonly validators: ValidatorSet;
}

/** What later headers are verified against: a verified header, or the genesis. */
export interface TrustedState {
  /** One less than the initial height for the genesis. */
  readonly height: number;
  readonly timeMs: number;
  /** The genesis hash for the genesis. */
  readonly blockHash: Uint8Array;
  /** Who can vouch for later headers. */
  readonly validators: ValidatorSet;
  readonly nextValidatorSetHash: Uint8Array;
}

/** Where trust comes from: what the user knows without asking a node. */
export type TrustRoot =
  | { readonly kind: 'header'; readonly height: number; readonly hash: Uint8Array }
  | {
      readonly kind: 'genesis';
      readonly initialHeight: number;
      readonly timeMs: number;
      readonly validators: readonly LightValidator[];
    };

/** A member of a validator set as a light client knows it. */
export interface LightValidator {
  /** 32-byte Ed25519 consensus key. */
  readonly publicKey: Uint8Array;
  readonly power: number;
}

export interface VerificationRules {
  /**
   * Time in which more than 2/3 of the validators of a header can still be punished for lying about it; less
   * than the unbonding period.
   */
  readonly trustingPeriodMs: number;
  /** Bound on how far this clock may be behind the chain's. */
  readonly clockDriftMs: number;
  /** Share of the trusted power that must sign a header further away: at least 1/3, less than 1. */
  readonly trustLevel: { readonly numerator: number; readonly denominator: number };
}

export const DEFAULT_TRUST_LEVEL = { numerator: 1, denominator: 3 };
export const DEFAULT_CLOCK_DRIFT_MS = 10_000;

/** What a verification is about. */
export interface Verification {
  readonly identity: ChainIdentity;
  readonly rules: VerificationRules;
  /** Unix milliseconds. */
  readonly nowMs: number;
}

/** Two headers of one height, both proven from a header that both nodes agree about: somebody signed twice. */
export interface Divergence {
  readonly commonHeight: number;
  /** Name of the witness. */
  readonly witness: string;
  readonly ofPrimary: LightBlock;
  readonly ofWitness: LightBlock;
}
