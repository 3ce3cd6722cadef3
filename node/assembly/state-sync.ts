import type { TrustRoot } from '#client';
import { createPeerHeaders } from '#client/peers';
import { fromHex } from '#kernel';
import { systemClock, systemScheduler } from '#runtime';
import { syncState } from '#services/block';
import { buildGenesisState, clearUnfinishedRestore, isEmpty, type GenesisState } from '#services/blockchain';
import { makeNetwork, type ProtocolInit } from './protocol.ts';

/** Share of the unbonding period in which a header is trusted, as is usual with CometBFT. */
const TRUSTED_SHARE = 2 / 3;

/**
 * Fills an empty home with the newest verified state of the peers, where the configuration asks for it; call it
 * before the state is opened. It speaks over a network of its own, which is gone afterwards: the node's own handlers
 * need the state that is not there yet. Without a snapshot that can be verified the node starts from the genesis.
 *
 * @param beginning gives the state of the genesis: who is trusted at first, and for how long
 */
export async function syncStateFirst(
  init: ProtocolInit,
  beginning: () => Promise<GenesisState>,
): Promise<void> {
  const { loaded, engine, genesis, logger, verifier } = init;
  if (await clearUnfinishedRestore(engine)) {
    logger.warn({}, 'a state sync was cut short before; it starts over');
  }
  if (loaded.configuration['sync.mode'] !== 'state' || !(await isEmpty(engine))) return;
  const { identity, initialHeight } = genesis;
  const state = await beginning();
  const trust = await trustOf(init, state);
  const { network } = await makeNetwork(init, () => initialHeight - 1);
  const rules = { trustingPeriodMs: trustingPeriodOf(init, state) };
  const transport = network;
  const headers = createPeerHeaders({ identity, trust, rules })({ transport, clock: systemClock, verifier });
  await network.start();
  try {
    const outcome = await syncState(
      {
        identity,
        engine,
        transport,
        headers,
        verifier,
        clock: systemClock,
        scheduler: systemScheduler,
        logger,
      },
      new AbortController().signal,
    );
    if (outcome === undefined) {
      logger.warn({}, 'no peer has a snapshot that can be verified; the node starts from the genesis');
    } else logger.info({ ...outcome }, 'the state was synced');
  } finally {
    await network.stop();
  }
}

async function trustOf({ loaded }: ProtocolInit, state: GenesisState): Promise<TrustRoot> {
  const height = loaded.configuration['sync.trustHeight'];
  const hash = loaded.configuration['sync.trustHash'];
  if (height > 0) return { kind: 'header', height, hash: fromHex(hash, 32) };
  const { initialHeight, timeMs } = state;
  const { validators } = (await buildGenesisState(state)).validators;
  return { kind: 'genesis', initialHeight, timeMs, validators };
}

function trustingPeriodOf({ loaded }: ProtocolInit, state: GenesisState): number {
  const { unbondingPeriodMs } = state.ledger;
  return loaded.configuration['sync.trustingPeriodMs'] || Math.floor(unbondingPeriodMs * TRUSTED_SHARE);
}
