import type { GenesisState } from '#services/blockchain';
import type { ValidatorSet } from '#services/validator';
import type { SimulationEvent } from '../run/events.ts';
import type { SetMember } from '../run/known-sets.ts';
import type { Machine } from '../node/machine.ts';

/** What an oracle may know besides the events. */
export interface OracleContext {
  /** True time, Unix milliseconds. */
  nowMs(): number;
  /** Largest distance of a correct machine's clock from the true time so far. */
  skewMs(): number;
  readonly genesisHash: Uint8Array;
  readonly genesis: GenesisState;
  /** The validator set of a height in its order, as the first node had it; empty when none is there yet. */
  setAt(height: number): readonly SetMember[];
  /** A set that a node tells. */
  membersOf(set: ValidatorSet): readonly SetMember[];
  isCorrect(node: string): boolean;
  readonly machines: readonly Machine[];
}

/**
 * Judges a run by what happened, with arithmetic of its own: an oracle never imports a predicate of the code
 * that it judges.
 */
export interface Oracle {
  readonly id: string;
  /** @returns what is wrong, when something is */
  observe(event: SimulationEvent): string | undefined;
  /** False while something that must still happen has not. */
  isSettled?(): boolean;
  /** True while a node that acknowledged the transaction has not lost it. */
  isOwed?(id: string): boolean;
  /** Looks at the nodes at the end of the run. */
  finish?(): Promise<string | undefined>;
}

export type MakeOracle = (context: OracleContext) => Oracle;
