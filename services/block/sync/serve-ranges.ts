import { commitCodec } from '../domain/commit.ts';
import { blockError } from '../errors.ts';
import { RANGE_BLOCKS_MAX } from '../limits.ts';
import type { SyncChain } from './ports.ts';
import { rangeRequestCodec, rangeResponseCodec, type EncodedFinal } from './messages.ts';

/**
 * The response to a range request: final blocks from the first height asked for, up to the bytes asked for or
 * allowed, one block at least where there is one.
 *
 * @throws `kernel.*`, `block.malformed-request` for a request that no correct node sends
 */
export async function serveRange(
  chain: SyncChain,
  body: Uint8Array,
  responseBytes: number,
): Promise<{ response: Uint8Array; blocks: number }> {
  const { from, count, maxBytes } = rangeRequestCodec.decode(body);
  if (count < 1 || count > RANGE_BLOCKS_MAX) {
    throw blockError('malformed-request', `${count} blocks were asked for, 1 to ${RANGE_BLOCKS_MAX} may be`);
  }
  const bytesMax = Math.min(maxBytes, responseBytes);
  const found: EncodedFinal[] = [];
  let bytes = 0;
  for (let height = from; height < from + count; height++) {
    const next = await finalAt(chain, height);
    if (next === undefined) break;
    bytes += next.block.length + next.commit.length;
    if (found.length > 0 && bytes > bytesMax) break;
    found.push(next);
  }
  return { response: rangeResponseCodec.encodeTrusted(found), blocks: found.length };
}

async function finalAt(chain: SyncChain, height: number): Promise<EncodedFinal | undefined> {
  // A pruned block is not served; the status says from where on there are any.
  if (height < chain.earliest()) return undefined;
  const [block, commit] = await Promise.all([chain.encodedBlock(height), chain.commit(height)]);
  if (block === undefined || commit === undefined) return undefined;
  return { block, commit: commitCodec.encodeTrusted(commit) };
}
