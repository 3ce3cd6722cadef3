import { createLightPool, lightError, makeLightBlock, type LightBlockSource, type TrustRoot } from '#client';
import { fromHex, isCodedError } from '#kernel';
import { systemClock, systemScheduler } from '#runtime';
import {
  LIGHT_BYTES_MAX,
  LIGHT_PROTOCOL,
  lightPartsCodec,
  lightRequestCodec,
  syncState,
} from '#services/block';
import { buildGenesisState, clearUnfinishedRestore, isEmpty, type GenesisState } from '#services/blockchain';
import type { PeerId, Transport } from '#services/network';
import type { ChainIdentity } from '#services/transaction';
import { makeNetwork, type ProtocolInit } from './protocol.ts';

const LIGHT_TIMEOUT_MS = 5_000;
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
  const pool = createLightPool({ identity, trust, rules })({
    sources: () => network.peers().map(({ id }) => peerSource(network, id, identity)),
    clock: systemClock,
    verifier,
    blame: (source, error) => network.report(source.name, 'invalid', error.message),
  });
  await network.start();
  try {
    const outcome = await syncState(
      {
        identity,
        engine,
        transport: network,
        headers: pool,
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

/** A peer as a source of light blocks. */
export function peerSource(transport: Transport, peer: PeerId, identity: ChainIdentity): LightBlockSource {
  const options = { timeoutMs: LIGHT_TIMEOUT_MS, maxResponseBytes: LIGHT_BYTES_MAX };
  return {
    name: peer,
    async lightBlock(height) {
      const body = lightRequestCodec.encode({ height: height === 'latest' ? 0 : height });
      const answer = await transport.request(peer, LIGHT_PROTOCOL, body, options).catch((error: unknown) => {
        if (!isCodedError(error)) throw error;
        throw lightError('not-available', `${peer} did not answer: ${error.message}`, {}, { cause: error });
      });
      if (answer.length === 0) throw lightError('not-available', `${peer} has no height ${height}`);
      const block = makeLightBlock(partsOf(answer), identity);
      if (!block.ok) throw block.error;
      return block.value;
    },
  };
}

function partsOf(answer: Uint8Array) {
  try {
    return lightPartsCodec.decode(answer);
  } catch (error) {
    if (!isCodedError(error)) throw error;
    throw lightError('malformed-answer', error.message);
  }
}
