import type { HeaderVerifier } from '#services/block';
import type { Transport } from '#services/network';
import type { LightClientInit } from '../verification/light-client.ts';
import { createLightPool, type LightPoolComponents } from '../verification/light-pool.ts';
import { peerSource } from './peer-source.ts';

export interface PeerHeadersComponents extends Pick<LightPoolComponents, 'clock' | 'verifier'> {
  readonly transport: Transport;
}

/** SYNC-1: a light client over the peers that are connected. One that answers what no correct node does is reported. */
export function createPeerHeaders(
  init: LightClientInit,
): (components: PeerHeadersComponents) => HeaderVerifier {
  return ({ transport, clock, verifier }) =>
    createLightPool(init)({
      sources: () => transport.peers().map(({ id }) => peerSource(transport, id, init.identity)),
      clock,
      verifier,
      blame: (source, error) => transport.report(source.name, 'invalid', error.message),
    });
}
