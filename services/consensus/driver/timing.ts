import type { ChainTip } from '#services/block';
import type { ConsensusParameters } from '#services/blockchain';
import type { CoreProposal, Timeout } from '../domain/types.ts';
import { MESSAGE_DELAY_GROWTH, MESSAGE_DELAY_MS_MAX, TIMEOUT_MS_MAX } from '../limits.ts';

/** Milliseconds until a timeout fires: its parameter plus a delta a round; growing timeouts find the network's pace. */
export function timeoutMs(timeout: Timeout, tip: ChainTip, nowMs: number): number {
  const { consensus } = tip;
  const growth = timeout.round * consensus.timeoutDeltaMs;
  switch (timeout.kind) {
    case 'empty-block':
      return Math.max(0, tip.blockTimeMs + consensus.emptyBlockIntervalMs - nowMs);
    case 'propose':
      return Math.min(TIMEOUT_MS_MAX, consensus.proposeTimeoutMs + growth);
    case 'prevote':
      return Math.min(TIMEOUT_MS_MAX, consensus.prevoteTimeoutMs + growth);
    case 'precommit':
      return Math.min(TIMEOUT_MS_MAX, consensus.precommitTimeoutMs + growth);
  }
}

/**
 * Proposer-based timestamps (CometBFT, spec/consensus/proposer-based-timestamp, function `timely`): the time of
 * a fresh block must fit the receiver's clock. One with a proof of lock was timely to a correct validator then.
 * The message delay grows with the round, so that a bound set too low costs rounds and not liveness.
 */
export function isTimely(
  place: Pick<CoreProposal, 'round' | 'polRound'>,
  blockTimeMs: number,
  receivedAtMs: number,
  { precisionMs, messageDelayMs }: ConsensusParameters,
): boolean {
  if (place.polRound >= 0) return true;
  const delayMs = Math.min(MESSAGE_DELAY_MS_MAX, messageDelayMs * MESSAGE_DELAY_GROWTH ** place.round);
  return receivedAtMs >= blockTimeMs - precisionMs && receivedAtMs <= blockTimeMs + delayMs + precisionMs;
}
