import {
  ByteListType,
  ByteVectorType,
  ContainerType,
  ListCompositeType,
  UintNumberType,
} from '@chainsafe/ssz';
import { codec, HASH_BYTES, uint64, type Codec } from '#kernel';
import { SNAPSHOT_CHUNKS_MAX, manifestCodec, type SnapshotManifest } from '#services/blockchain';
import type { Validator } from '#services/validator';
import { commitCodec } from '../domain/commit.ts';
import { headerCodec } from '../domain/header.ts';
import type { Commit, Header } from '../domain/types.ts';
import {
  COMMIT_BYTES_MAX,
  COMMIT_VALIDATORS_MAX,
  HEADER_BYTES_MAX,
  SNAPSHOTS_LISTED_MAX,
} from '../limits.ts';

/** Protocols of requests for what a joining node needs. */
export const SNAPSHOTS_PROTOCOL = '/bizra/snapshots/1';
export const CHUNKS_PROTOCOL = '/bizra/chunks/1';
export const LIGHT_PROTOCOL = '/bizra/light/1';

/** Encoded bytes of the longest list of manifests. */
export const MANIFESTS_BYTES_MAX = SNAPSHOTS_LISTED_MAX * (SNAPSHOT_CHUNKS_MAX + 256);

const manifestsWire = codec(
  'list of manifests',
  new ListCompositeType(new ByteListType(manifestCodec.maxBytes), SNAPSHOTS_LISTED_MAX),
  MANIFESTS_BYTES_MAX,
);

/** What a peer offers, newest first. */
export const manifestsCodec: Pick<Codec<readonly SnapshotManifest[]>, 'encode' | 'decode'> = {
  encode: (manifests) => manifestsWire.encode(manifests.map((manifest) => manifestCodec.encode(manifest))),
  decode: (bytes) => manifestsWire.decode(bytes).map((encoded) => manifestCodec.decode(encoded)),
};

/** A chunk of the snapshot of a height, by its place. */
export interface ChunkRequest {
  readonly height: number;
  readonly depth: number;
  readonly prefix: Uint8Array;
}

export const chunkRequestCodec: Codec<ChunkRequest> = codec(
  'chunk request',
  new ContainerType({
    height: uint64,
    depth: new UintNumberType(1),
    prefix: new ByteVectorType(HASH_BYTES),
  }),
  64,
);

/** A height, or 0 for the tip. */
export const lightRequestCodec: Codec<{ readonly height: number }> = codec(
  'light block request',
  new ContainerType({ height: uint64 }),
  8,
);

/** What a light client verifies: header, commit, keys and powers of the height's set. */
export interface LightParts {
  readonly header: Header;
  readonly commit: Commit;
  readonly validators: readonly Pick<Validator, 'publicKey' | 'power'>[];
}

/** Encoded bytes of the largest light block. */
export const LIGHT_BYTES_MAX = HEADER_BYTES_MAX + COMMIT_BYTES_MAX + COMMIT_VALIDATORS_MAX * 40 + 64;

const lightWire = codec(
  'light block',
  new ContainerType({
    header: new ByteListType(HEADER_BYTES_MAX),
    commit: new ByteListType(COMMIT_BYTES_MAX),
    validators: new ListCompositeType(
      new ContainerType({ publicKey: new ByteVectorType(32), power: uint64 }),
      COMMIT_VALIDATORS_MAX,
    ),
  }),
  LIGHT_BYTES_MAX,
);

export const lightPartsCodec: Pick<Codec<LightParts>, 'encode' | 'decode'> = {
  encode: ({ header, commit, validators }) =>
    lightWire.encode({
      header: headerCodec.encode(header),
      commit: commitCodec.encode(commit),
      validators: validators.map(({ publicKey, power }) => ({ publicKey, power })),
    }),
  decode(bytes) {
    const { header, commit, validators } = lightWire.decode(bytes);
    return { header: headerCodec.decode(header), commit: commitCodec.decode(commit), validators };
  },
};
