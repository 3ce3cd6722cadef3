import { equalBytes, invariant } from '#kernel';
import type { ChainTip } from '#services/block';
import { proposerAt, type ValidatorSet } from '#services/validator';
import type { HeightSetting } from '../domain/types.ts';
import { HeightBook } from './height-book.ts';

/** What the driver keeps for the height in progress. */
export interface HeightContext {
  readonly height: number;
  /** The tip that the height builds on. */
  readonly tip: ChainTip;
  readonly set: ValidatorSet;
  readonly setting: HeightSetting;
  readonly book: HeightBook;
  /** Monotonic time of the height's start. */
  readonly startedAtMs: number;
}

/** @param publicKey the node's consensus key; undefined for an observer */
export function makeHeightContext(
  tip: ChainTip,
  publicKey: Uint8Array | undefined,
  startedAtMs: number,
): HeightContext {
  const set = tip.validators;
  const self =
    publicKey === undefined
      ? -1
      : set.validators.findIndex((validator) => equalBytes(validator.publicKey, publicKey));
  const setting: HeightSetting = {
    height: tip.height + 1,
    powers: set.validators.map((validator) => validator.power),
    totalPower: set.totalPower,
    self: self === -1 ? undefined : self,
    proposerOf: proposerIndex(tip),
  };
  const book = new HeightBook(set.validators.length);
  return { height: setting.height, tip, set, setting, book, startedAtMs };
}

/** The proposer's index by round; computed once a round. */
function proposerIndex(tip: ChainTip): (round: number) => number {
  const known = new Map<number, number>();
  return (round) => {
    const cached = known.get(round);
    if (cached !== undefined) return cached;
    const proposer = proposerAt(tip.validators, tip.rotation, round);
    const index = tip.validators.validators.findIndex(({ address }) => equalBytes(address, proposer.address));
    invariant(index >= 0, 'the proposer of a round is in the validator set');
    known.set(round, index);
    return index;
  };
}
