import type { VoteKind } from '#services/block';

/** What consensus decides on: a block's hash in lower-case hex. The core never sees blocks. */
export type Value = string;

/** Where a node stands in a height. `waiting` comes before round 0 while there is nothing to propose. */
export type Step = 'waiting' | 'propose' | 'prevote' | 'precommit' | 'decided';

/** What stays the same during a height. */
export interface HeightSetting {
  readonly height: number;
  /** Voting power by validator index, positive integers. */
  readonly powers: readonly number[];
  /** Sum of `powers`, at most 2^48. */
  readonly totalPower: number;
  /** This node's validator index; undefined for an observer, which follows and never votes. */
  readonly self: number | undefined;
  /** Index of the validator that proposes in a round. */
  readonly proposerOf: (round: number) => number;
}

/** A proposal whose signature and proposer the driver has checked. */
export interface CoreProposal {
  readonly round: number;
  readonly value: Value;
  /** Round of the prevotes that prove the value may be voted for, or -1 for a fresh value. */
  readonly polRound: number;
  /** Proposer-based timestamps: the block's time fits the clock at which the proposal was received. */
  readonly timely: boolean;
}

/** A vote whose signature the driver has checked. */
export interface CoreVote {
  readonly kind: VoteKind;
  readonly round: number;
  /** Validator index. */
  readonly validator: number;
  /** Undefined for nil. */
  readonly value: Value | undefined;
}

export type TimeoutKind = 'empty-block' | 'propose' | 'prevote' | 'precommit';

export interface Timeout {
  readonly kind: TimeoutKind;
  readonly round: number;
}

/** What happens to the core. Every input of the height in progress is logged, so that a replay repeats it. */
export type CoreInput =
  /** A height begins; whatever was in progress is dropped. */
  | { readonly kind: 'start-height'; readonly setting: HeightSetting }
  /** Something can be proposed: ends the wait before round 0. */
  | { readonly kind: 'transactions-available'; readonly height: number }
  | { readonly kind: 'proposal'; readonly height: number; readonly proposal: CoreProposal }
  /** The application's answer to `validate`. */
  | { readonly kind: 'validated'; readonly height: number; readonly value: Value; readonly valid: boolean }
  | { readonly kind: 'vote'; readonly height: number; readonly vote: CoreVote }
  | { readonly kind: 'timeout'; readonly height: number; readonly timeout: Timeout }
  /** Block sync finalised the height: nothing more is said in it. */
  | { readonly kind: 'finalised-elsewhere'; readonly height: number };

/** What the driver is to do, in order. */
export type CoreEffect =
  /** Round or step changed: for status, telemetry and the exchange of round states. */
  | { readonly kind: 'entered'; readonly round: number; readonly step: Step }
  /** Propose in this round: the given value again, or a fresh block when undefined. */
  | {
      readonly kind: 'propose';
      readonly round: number;
      readonly value: Value | undefined;
      readonly polRound: number;
    }
  /** Log, sign and send a vote, and feed it back. */
  | {
      readonly kind: 'vote';
      readonly vote: VoteKind;
      readonly round: number;
      readonly value: Value | undefined;
    }
  | { readonly kind: 'schedule-timeout'; readonly timeout: Timeout }
  /** Obtain the block of a proposal and check it; answered by `validated`. */
  | { readonly kind: 'validate'; readonly round: number; readonly value: Value }
  /** More than 2/3 precommitted the value in the round: finalise. */
  | { readonly kind: 'commit'; readonly round: number; readonly value: Value }
  /** A validator voted twice in one place of the height. */
  | {
      readonly kind: 'evidence';
      readonly vote: VoteKind;
      readonly round: number;
      readonly validator: number;
      readonly first: Value | undefined;
      readonly second: Value | undefined;
    }
  /** More than 2/3 decided what this node holds invalid: it must stop. */
  | { readonly kind: 'halt'; readonly round: number; readonly value: Value };
