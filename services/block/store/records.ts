import {
  ByteListType,
  ByteVectorType,
  ContainerType,
  ListCompositeType,
  UintNumberType,
} from '@chainsafe/ssz';
import { codec, concatBytes, fromUtf8, HASH_BYTES, uint64, utf8, type Codec } from '#kernel';
import type { Validator } from '#services/validator';
import type { BlockSummary } from '../chain/face.ts';
import { headerCodec } from '../domain/header.ts';
import { COMMIT_VALIDATORS_MAX, HEADER_BYTES_MAX } from '../limits.ts';

const summaryWire = codec(
  'stored block summary',
  new ContainerType({
    hash: new ByteVectorType(32),
    transactionCount: new UintNumberType(4),
    transactionBytes: uint64,
    gasUsed: uint64,
    header: new ByteListType(HEADER_BYTES_MAX),
  }),
  HEADER_BYTES_MAX + 64,
);

/** What is stored of a block under its height apart from its transactions and commit. */
export const summaryCodec: Pick<Codec<BlockSummary>, 'encode' | 'decode'> = {
  encode: (summary) => summaryWire.encode({ ...summary, header: headerCodec.encode(summary.header) }),
  decode(bytes) {
    const summary = summaryWire.decode(bytes);
    return { ...summary, header: headerCodec.decode(summary.header) };
  },
};

/** The header of a height that is stored without its block. */
export type StoredHeader = Pick<BlockSummary, 'hash' | 'header'>;

/** What is stored of a height before the restored one: hash and header. */
export const pastHeaderCodec: Pick<Codec<StoredHeader>, 'encode' | 'decode'> = {
  encode: ({ hash, header }) => concatBytes(hash, headerCodec.encode(header)),
  decode: (bytes) => ({
    hash: bytes.slice(0, HASH_BYTES),
    header: headerCodec.decode(bytes.subarray(HASH_BYTES)),
  }),
};

const VALIDATOR_NAME_BYTES_MAX = 1024;

const validatorsWire = codec(
  'stored validator set',
  new ListCompositeType(
    new ContainerType({
      address: new ByteVectorType(20),
      publicKey: new ByteVectorType(32),
      power: uint64,
      operator: new ByteVectorType(20),
      name: new ByteListType(VALIDATOR_NAME_BYTES_MAX),
    }),
    COMMIT_VALIDATORS_MAX,
  ),
  COMMIT_VALIDATORS_MAX * (VALIDATOR_NAME_BYTES_MAX + 96),
);

/** A validator set as it is stored, under its hash. */
export const validatorsCodec: Pick<Codec<readonly Validator[]>, 'encode' | 'decode'> = {
  encode: (validators) =>
    validatorsWire.encode(validators.map((validator) => ({ ...validator, name: utf8(validator.name) }))),
  decode: (bytes) =>
    validatorsWire.decode(bytes).map(({ address, publicKey, power, operator, name }) => {
      return { address, publicKey, power, operator, name: fromUtf8(name) };
    }),
};
