import {
  BooleanType,
  ByteListType,
  ByteVectorType,
  ContainerType,
  ListCompositeType,
  UintBigintType,
} from '@chainsafe/ssz';
import { HASH_BYTES, codec, fromUtf8, uint64, utf8, type Codec } from '#kernel';
import { RECEIPT_EVENTS_MAX } from '../limits.ts';
import type { Receipt } from './types.ts';

const TEXT_BYTES_MAX = 128;
const ATTRIBUTES_MAX = 8;
const RECEIPT_BYTES_MAX = 256 * 1024;

const text = new ByteListType(TEXT_BYTES_MAX);
const bytes = codec(
  'receipt',
  new ContainerType({
    transactionHash: new ByteVectorType(HASH_BYTES),
    failed: new BooleanType(),
    code: text,
    gasUsed: uint64,
    fee: new UintBigintType(16),
    events: new ListCompositeType(
      new ContainerType({
        type: text,
        attributes: new ListCompositeType(new ContainerType({ key: text, value: text }), ATTRIBUTES_MAX),
      }),
      RECEIPT_EVENTS_MAX,
    ),
  }),
  RECEIPT_BYTES_MAX,
);

/** The one encoding of a receipt: the items of the receipt root. */
export const receiptCodec: Codec<Receipt> = {
  name: bytes.name,
  maxBytes: bytes.maxBytes,
  encode: (receipt) => bytes.encode(toBytes(receipt)),
  encodeTrusted: (receipt) => bytes.encodeTrusted(toBytes(receipt)),
  decode(encoded) {
    const { transactionHash, failed, code, gasUsed, fee, events } = bytes.decode(encoded);
    return {
      transactionHash,
      status: failed ? 'failed' : 'finalized',
      code: fromUtf8(code),
      gasUsed,
      fee,
      events: events.map(({ type, attributes }) => ({
        type: fromUtf8(type),
        attributes: attributes.map(({ key, value }) => ({ key: fromUtf8(key), value: fromUtf8(value) })),
      })),
    };
  },
};

function toBytes(receipt: Receipt) {
  return {
    transactionHash: receipt.transactionHash,
    failed: receipt.status === 'failed',
    code: utf8(receipt.code),
    gasUsed: receipt.gasUsed,
    fee: receipt.fee,
    events: receipt.events.map(({ type, attributes }) => ({
      type: utf8(type),
      attributes: attributes.map(({ key, value }) => ({ key: utf8(key), value: utf8(value) })),
    })),
  };
}
