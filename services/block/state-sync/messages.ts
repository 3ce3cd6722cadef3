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
  HEADERS_ANSWER_BYTES,
  HEADERS_MAX,
  SNAPSHOTS_LISTED_MAX,
} from '../limits.ts';

/** Protocols of requests for what a joining node needs. */
export const SNAPSHOTS_PROTOCOL = '/bizra/snapshots/1';
export const CHUNKS_PROTOCOL = '/bizra/chunks/1';
export const LIGHT_PROTOCOL = '/bizra/light/1';
export const HEADERS_PROTOCOL = '/bizra/headers/1';

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

/** Headers with their commits, from a height downwards. */
export interface HeadersRequest {
  readonly from: number;
  /** 1 to `HEADERS_MAX`. */
  readonly count: number;
}

export const headersRequestCodec: Codec<HeadersRequest> = codec(
  'headers request',
  new ContainerType({ from: uint64, count: new UintNumberType(4) }),
  12,
);

/** An encoded header with the commit of it that the block after names. */
export interface EncodedSignedHeader {
  readonly header: Uint8Array;
  readonly commit: Uint8Array;
}

/** Encoded bytes of the longest list of headers: one more than `HEADERS_ANSWER_BYTES` allow, with their offsets. */
export const HEADERS_BYTES_MAX =
  HEADERS_ANSWER_BYTES + HEADER_BYTES_MAX + COMMIT_BYTES_MAX + HEADERS_MAX * 16;

/** Consecutive headers from the one that was asked for, downwards; fewer than asked, or none. */
export const headersCodec: Codec<readonly EncodedSignedHeader[]> = codec(
  'list of headers',
  new ListCompositeType(
    new ContainerType({
      header: new ByteListType(HEADER_BYTES_MAX),
      commit: new ByteListType(COMMIT_BYTES_MAX),
    }),
    HEADERS_MAX,
  ),
  HEADERS_BYTES_MAX,
);
