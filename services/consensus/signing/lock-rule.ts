import { equalBytes } from '#kernel';
import type { SignRequest } from '../store/last-sign-guard.ts';

/** A request of which the guard knows the block: undefined for a vote for nil. */
export interface BlockSignRequest extends SignRequest {
  readonly blockHash: Uint8Array | undefined;
}

/** The block that the key precommitted last in a height, and the lease under which it did. */
export interface KeyLock {
  readonly token: number;
  readonly blockHash: Uint8Array;
}

/** Where the key signed last, and the lock of that height. */
export interface LockedPlace {
  readonly height: number;
  readonly lock: KeyLock | undefined;
}

/**
 * CONS-14: whether a request would leave a lock of which the node that asks may not know. A node that takes over in
 * the midst of a height may have missed the prevotes on which the node before it locked (L36); by its own state it
 * would prevote another block, and the two together would break the rule on which agreement rests. Under the token
 * of the lock the node itself keeps the rule. Pure.
 */
export function leavesLock(request: BlockSignRequest, last: LockedPlace | undefined, token: number): boolean {
  const { height, step, blockHash } = request;
  const lock = last?.height === height ? last.lock : undefined;
  if (lock === undefined || lock.token === token || step !== 'prevote' || blockHash === undefined)
    return false;
  return !equalBytes(blockHash, lock.blockHash);
}

/** The lock after a request is signed: a precommit for a block is made on a quorum of prevotes, so it moves the lock. */
export function lockAfter(
  request: BlockSignRequest,
  last: LockedPlace | undefined,
  token: number,
): KeyLock | undefined {
  const { height, step, blockHash } = request;
  if (step === 'precommit' && blockHash !== undefined) return { token, blockHash };
  return last?.height === height ? last.lock : undefined;
}
