import type { Clock } from '#kernel';
import { CHUNK_DEPTH_MAX, isPlace, type Snapshots } from '#services/blockchain';
import type { PeerId, Transport } from '#services/network';
import type { Chain } from '../chain/face.ts';
import { commitCodec } from '../domain/commit.ts';
import { headerCodec } from '../domain/header.ts';
import { blockError } from '../errors.ts';
import { HEADERS_ANSWER_BYTES, HEADERS_MAX, SERVE_LIMITS, SNAPSHOTS_LISTED_MAX } from '../limits.ts';
import { isFaultOfPeer } from '../sync/open-final.ts';
import { ServeBudget } from './budget.ts';
import {
  CHUNKS_PROTOCOL,
  HEADERS_PROTOCOL,
  LIGHT_PROTOCOL,
  SNAPSHOTS_PROTOCOL,
  chunkRequestCodec,
  headersCodec,
  headersRequestCodec,
  lightPartsCodec,
  lightRequestCodec,
  manifestsCodec,
  type EncodedSignedHeader,
} from './messages.ts';

export interface ServeStateComponents {
  readonly transport: Transport;
  readonly chain: Pick<Chain, 'tip' | 'header' | 'commit' | 'validatorSet'>;
  readonly snapshots: Pick<Snapshots, 'list' | 'chunk'>;
  readonly clock: Clock;
}

const EMPTY = new Uint8Array(0);

/**
 * SYNC-7: serves joining nodes lists of snapshots, chunks, light blocks and headers. Requests are small, answers bounded by
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
  serve(HEADERS_PROTOCOL, headersRequestCodec.maxBytes, async (body) => {
    const { from, count } = headersRequestCodec.decode(body);
    if (count < 1 || count > HEADERS_MAX) {
      throw blockError('malformed-request', `${count} headers were asked for, 1 to ${HEADERS_MAX} may be`);
    }
    return headersCodec.encodeTrusted(await headersDown(chain, from, count));
  });
}

/** Headers with their commits of heights below the tip: the commit of the tip is not settled before the next block. */
async function headersDown(
  chain: ServeStateComponents['chain'],
  from: number,
  count: number,
): Promise<EncodedSignedHeader[]> {
  const found: EncodedSignedHeader[] = [];
  if (from >= chain.tip().height) return found;
  let bytes = 0;
  for (let height = from; height > from - count && bytes < HEADERS_ANSWER_BYTES; height--) {
    const [header, commit] = await Promise.all([chain.header(height), chain.commit(height)]);
    if (header === undefined || commit === undefined) break;
    const next = { header: headerCodec.encodeTrusted(header), commit: commitCodec.encodeTrusted(commit) };
    bytes += next.header.length + next.commit.length;
    found.push(next);
  }
  return found;
}
