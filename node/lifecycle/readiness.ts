import type { Clock } from '#kernel';
import { secondsToGenesis } from '../genesis/countdown.ts';
import type { ChainTip } from '#services/block';
import type { RemoteSignerStatus } from '#services/consensus';

/** Empty-block intervals without a block after which the chain counts as halted. */
const INTERVALS_WITHOUT_BLOCK = 3;
/** Grace on top of them, for rounds that fail. */
const GRACE_MS = 5_000;

export interface ReadinessSources {
  readonly clock: Clock;
  readonly tip: () => ChainTip;
  /** Monotonic time of the last finalisation here, undefined before the first. */
  readonly lastFinalisedAtMs: () => number | undefined;
  readonly syncing: () => boolean;
  readonly peers: () => number;
  readonly validators: () => number;
  /** Undefined where the node has no remote signer. */
  readonly signer?: () => RemoteSignerStatus | undefined;
}

/** Ready means finalising: a block became final recently and the node is not catching up. Pure but for the clock. */
export function readinessOf(sources: ReadinessSources): { ready: boolean; reasons: string[] } {
  const reasons: string[] = [];
  const { consensus } = sources.tip();
  const lastMs = sources.lastFinalisedAtMs();
  const waitSeconds = secondsUntilStart(sources.tip(), sources.clock.now());
  const limitMs = INTERVALS_WITHOUT_BLOCK * consensus.emptyBlockIntervalMs + GRACE_MS;
  if (waitSeconds !== undefined) {
    const genesisTime = new Date(sources.tip().blockTimeMs).toISOString();
    reasons.push(`the chain starts at the genesis time ${genesisTime}, in ${waitSeconds} seconds`);
  } else if (lastMs === undefined) reasons.push('no block became final since the start');
  else if (sources.clock.monotonic() - lastMs > limitMs) {
    reasons.push(`no block became final for more than ${limitMs} ms`);
  }
  if (sources.syncing()) reasons.push('catching up with the peers');
  if (sources.peers() === 0 && sources.validators() > 1) reasons.push('no peer is connected');
  const signer = sources.signer?.();
  // Standing by is what one of two nodes does.
  if (signer?.state === 'unavailable' && signer.error !== undefined) {
    reasons.push(`${signer.error.message} [${signer.error.code}]`);
  }
  return { ready: reasons.length === 0, reasons };
}

/** Whole seconds until a chain that has no block yet may have one; undefined for any other. Pure. */
export function secondsUntilStart(
  tip: Pick<ChainTip, 'commit' | 'blockTimeMs'>,
  nowMs: number,
): number | undefined {
  // Before the first block, the time of the tip is the genesis time.
  return tip.commit === undefined ? secondsToGenesis(tip.blockTimeMs, nowMs) : undefined;
}
