import { ByteListType, ByteVectorType, ContainerType } from '@chainsafe/ssz';
import { HASH_BYTES, codec, type Codec } from '#kernel';
import { uint64 } from '#kernel';
import { CHUNK_DEPTH_MAX, SNAPSHOT_CHUNKS_MAX } from '../limits.ts';
import type { ChunkPlace } from './chunk.ts';

/** What a snapshot consists of. Nothing in it is believed: the chunks are verified against a header's root. */
export interface SnapshotManifest {
  /** The state is that after this height. */
  readonly height: number;
  readonly stateRoot: Uint8Array;
  readonly entries: number;
  /** Bytes of all chunks. */
  readonly bytes: number;
  /** Depth of each chunk's subtree, from the left to the right: places follow from depths alone. */
  readonly depths: Uint8Array;
}

export const manifestCodec: Codec<SnapshotManifest> = codec(
  'snapshot manifest',
  new ContainerType({
    height: uint64,
    stateRoot: new ByteVectorType(HASH_BYTES),
    entries: uint64,
    bytes: uint64,
    depths: new ByteListType(SNAPSHOT_CHUNKS_MAX),
  }),
  SNAPSHOT_CHUNKS_MAX + 128,
);

const WHOLE = 1n << BigInt(CHUNK_DEPTH_MAX);

/**
 * SNAP-4: the places of the chunks, which together are the whole tree: each begins where the one before ends, the
 * first at the beginning, and the last ends at the end.
 *
 * @returns undefined for depths that do not come out so
 */
export function placesOf(depths: Uint8Array): ChunkPlace[] | undefined {
  const places: ChunkPlace[] = [];
  let start = 0n;
  for (const depth of depths) {
    if (depth > CHUNK_DEPTH_MAX) return undefined;
    const width = WHOLE >> BigInt(depth);
    if (start % width !== 0n || start + width > WHOLE) return undefined;
    places.push({ depth, prefix: prefixOf(start) });
    start += width;
  }
  return start === WHOLE ? places : undefined;
}

/** The number as the leading bits of 32 bytes. */
function prefixOf(start: bigint): Uint8Array {
  const prefix = new Uint8Array(HASH_BYTES);
  let rest = start << BigInt(64 - CHUNK_DEPTH_MAX);
  for (let i = 7; i >= 0; i--) {
    prefix[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return prefix;
}
