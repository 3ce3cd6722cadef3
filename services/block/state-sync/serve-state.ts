import type { Clock } from '#kernel';
import { CHUNK_DEPTH_MAX, isPlace, type Snapshots } from '#services/blockchain';
import type { PeerId, Transport } from '#services/network';
import type { Chain } from '../chain/face.ts';
import { blockError } from '../errors.ts';
import { SERVE_LIMITS, SNAPSHOTS_LISTED_MAX } from '../limits.ts';
import { isFaultOfPeer } from '../sync/open-final.ts';
import { ServeBudget } from './budget.ts';
import {
  CHUNKS_PROTOCOL,
  LIGHT_PROTOCOL,
  SNAPSHOTS_PROTOCOL,
  chunkRequestCodec,
  lightPartsCodec,
  lightRequestCodec,
  manifestsCodec,
} from './messages.ts';

export interface ServeStateComponents {
  readonly transport: Transport;
  readonly chain: Pick<Chain, 'tip' | 'header' | 'commit' | 'validatorSet'>;
  readonly snapshots: Pick<Snapshots, 'list' | 'chunk'>;
  readonly clock: Clock;
}

const EMPTY = new Uint8Array(0);

/**
 * SYNC-7: serves joining nodes lists of snapshots, chunks and light blocks. Requests are small, answers bounded by
 * their kind, served a few at a time, and each peer gets so many bytes a second. An empty answer says that there is
 * no such thing.
 */
export function serveState(components: ServeStateComponents): void {
  const { transport, chain, snapshots } = components;
  const budget = new ServeBudget(components.clock, SERVE_LIMITS);

  function serve(
    protocol: string,
    maxRequestBytes: number,
    answer: (body: Uint8Array) => Promise<Uint8Array>,
  ): void {
    const bounds = { maxRequestBytes, maxConcurrent: SERVE_LIMITS.concurrentMax };
    transport.onRequest(protocol, bounds, async (peer: PeerId, body) => {
      if (!budget.allows(peer)) throw blockError('too-busy', 'this peer was served much; ask again later');
      try {
        const response = await answer(body);
        budget.note(peer, response.length + SERVE_LIMITS.requestCostBytes);
        return response;
      } catch (error) {
        if (isFaultOfPeer(error)) transport.report(peer, 'malformed', error.message);
        throw error;
      }
    });
  }

  serve(SNAPSHOTS_PROTOCOL, 1, async () =>
    manifestsCodec.encode((await snapshots.list()).slice(0, SNAPSHOTS_LISTED_MAX)),
  );
  serve(CHUNKS_PROTOCOL, chunkRequestCodec.maxBytes, async (body) => {
    const { height, depth, prefix } = chunkRequestCodec.decode(body);
    if (depth > CHUNK_DEPTH_MAX || !isPlace(prefix, depth)) {
      throw blockError('malformed-request', `no chunk can be at depth ${depth} under this prefix`);
    }
    return (await snapshots.chunk(height, { depth, prefix })) ?? EMPTY;
  });
  serve(LIGHT_PROTOCOL, lightRequestCodec.maxBytes, async (body) => {
    const asked = lightRequestCodec.decode(body).height;
    const height = asked === 0 ? chain.tip().height : asked;
    const [header, commit, set] = await Promise.all([
      chain.header(height),
      chain.commit(height),
      chain.validatorSet(height),
    ]);
    if (header === undefined || commit === undefined || set === undefined) return EMPTY;
    return lightPartsCodec.encode({ header, commit, validators: set.validators });
  });
}
