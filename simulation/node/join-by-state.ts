import { createPeerHeaders } from '#client/peers';
import type { Clock, Logger } from '#kernel';
import { syncState } from '#services/block';
import { buildGenesisState, clearUnfinishedRestore, isEmpty, type GenesisState } from '#services/blockchain';
import type { Network } from '#services/network';
import type { MountedDisk } from '../disk/simulated-disk.ts';
import type { LifeScheduler } from '../time/machine-clock.ts';
import { sharedVerifier } from './verifier.ts';

/** Longer than a run: what may happen in it is the light client's own matter, with tests of its own. */
const TRUSTING_PERIOD_MS = 86_400_000;
/** A node that finds no snapshot soon starts from the genesis: a run waits for it. */
const LIMITS = {
  discoveryMs: 300,
  giveUpMs: 15_000,
  manifestTimeoutMs: 1_000,
  requestTimeoutMs: 1_500,
  pollMs: 200,
};

export interface JoinByState {
  readonly genesis: GenesisState;
  readonly disk: MountedDisk;
  readonly clock: Clock;
  readonly scheduler: LifeScheduler;
  readonly logger: Logger;
  /** A network for this alone: the node's own handlers need the state that is not there yet. */
  readonly openNetwork: () => Promise<Network>;
}

/**
 * Fills an empty disk with the newest verified state of the peers, as `node/assembly` does it.
 *
 * @returns whether it did
 */
export async function joinByState(init: JoinByState): Promise<boolean> {
  const { genesis, clock, scheduler, logger } = init;
  const { engine } = init.disk;
  await clearUnfinishedRestore(engine);
  if (!(await isEmpty(engine))) return false;
  const { identity, initialHeight, timeMs } = genesis;
  const { validators } = (await buildGenesisState(genesis)).validators;
  const trust = { kind: 'genesis', initialHeight, timeMs, validators } as const;
  const rules = { trustingPeriodMs: TRUSTING_PERIOD_MS };
  const network = await init.openNetwork();
  const verifier = sharedVerifier;
  const shared = { transport: network, clock, verifier };
  const headers = createPeerHeaders({ identity, trust, rules })(shared);
  await network.start();
  try {
    const outcome = await syncState(
      { ...shared, identity, engine, headers, scheduler, logger, limits: LIMITS },
      new AbortController().signal,
    );
    return outcome !== undefined;
  } finally {
    await network.stop();
  }
}
