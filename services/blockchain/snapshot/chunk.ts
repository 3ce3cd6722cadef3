import {
  ByteListType,
  ByteVectorType,
  ContainerType,
  ListCompositeType,
  UintNumberType,
} from '@chainsafe/ssz';
import { HASH_BYTES, codec, type Codec } from '#kernel';
import {
  CHUNK_BYTES_MAX,
  CHUNK_DEPTH_MAX,
  CHUNK_ENTRIES_MAX,
  STATE_KEY_BYTES_MAX,
  STATE_VALUE_BYTES_MAX,
} from '../limits.ts';

/** A subtree of the binary state tree by its place: the first `depth` bits of the key hashes under it. */
export interface ChunkPlace {
  readonly depth: number;
  /** 32 bytes; the bits beyond `depth` are zero. */
  readonly prefix: Uint8Array;
}

/** SNAP-2: all entries of one subtree, with what proves them. */
export interface StateChunk extends ChunkPlace {
  /** Hashes of the other halves on the way, from the root down: `depth` of them. */
  readonly siblings: readonly Uint8Array[];
  /** In the order of their key hashes. */
  readonly entries: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[];
}

const hash = new ByteVectorType(HASH_BYTES);

/** The one encoding of a chunk. */
export const chunkCodec: Codec<StateChunk> = codec<StateChunk>(
  'state chunk',
  new ContainerType({
    depth: new UintNumberType(1),
    prefix: hash,
    siblings: new ListCompositeType(hash, CHUNK_DEPTH_MAX),
    entries: new ListCompositeType(
      new ContainerType({
        key: new ByteListType(STATE_KEY_BYTES_MAX),
        value: new ByteListType(STATE_VALUE_BYTES_MAX),
      }),
      CHUNK_ENTRIES_MAX,
    ),
  }),
  CHUNK_BYTES_MAX,
);

/** Names a place in files and maps. */
export function chunkName({ depth, prefix }: ChunkPlace): string {
  let bits = '';
  for (let i = 0; i < Math.ceil(depth / 8); i++) bits += (prefix[i] as number).toString(16).padStart(2, '0');
  return `${String(depth).padStart(2, '0')}-${bits}`;
}
