import { ByteListType, ContainerType, ListCompositeType, UintNumberType } from '@chainsafe/ssz';
import { codec, uint64, type Codec } from '#kernel';
import {
  BLOCK_BYTES_MAX,
  BLOCK_EVIDENCE_BYTES_MAX,
  BLOCK_EVIDENCE_MAX,
  COMMIT_BYTES_MAX,
  HEADER_BYTES_MAX,
  RANGE_BLOCKS_MAX,
  RANGE_BYTES_MAX,
} from '../limits.ts';

/** Protocol of range requests. */
export const BLOCKS_PROTOCOL = '/bizra/blocks/1';

/** What a node tells its peers on the channel `status`. */
export interface Status {
  /** Height of its tip. */
  readonly height: number;
  /** First height of which it has the transactions. */
  readonly earliest: number;
}

export const statusCodec: Codec<Status> = codec(
  'status',
  new ContainerType({ height: uint64, earliest: uint64 }),
  16,
);

export interface RangeRequest {
  readonly from: number;
  /** 1 to `RANGE_BLOCKS_MAX`. */
  readonly count: number;
  /** Bytes of the response beyond which no further block is added. */
  readonly maxBytes: number;
}

export const rangeRequestCodec: Codec<RangeRequest> = codec(
  'range request',
  new ContainerType({ from: uint64, count: new UintNumberType(4), maxBytes: new UintNumberType(4) }),
  16,
);

/** A block in its wire form with a commit that finalised it. */
export interface EncodedFinal {
  readonly block: Uint8Array;
  readonly commit: Uint8Array;
}

/** Blocks of consecutive heights from the first that was asked for; fewer than asked, or none. */
export const rangeResponseCodec: Codec<readonly EncodedFinal[]> = codec(
  'range response',
  new ListCompositeType(
    new ContainerType({
      block: new ByteListType(BLOCK_BYTES_MAX),
      commit: new ByteListType(COMMIT_BYTES_MAX),
    }),
    RANGE_BLOCKS_MAX,
  ),
  RANGE_BYTES_MAX,
);

/** Offsets of what a block and a response are made of, but for those of transactions and evidence. */
const FRAME_BYTES = 64;
const OFFSET_BYTES = 4;

/**
 * Most bytes of a response with one block: all that the ledger allows of transactions, evidence as much as a block has
 * room for, and two commits, that of the block before and its own.
 */
export function oneBlockBytesMax(ledger: {
  readonly maxBlockBytes: number;
  readonly maxBlockTransactions: number;
}): number {
  const transactions = ledger.maxBlockBytes + OFFSET_BYTES * ledger.maxBlockTransactions;
  const evidence = BLOCK_EVIDENCE_BYTES_MAX + OFFSET_BYTES * BLOCK_EVIDENCE_MAX;
  const bytes = FRAME_BYTES + HEADER_BYTES_MAX + transactions + evidence + 2 * COMMIT_BYTES_MAX;
  return Math.min(bytes, RANGE_BYTES_MAX);
}
