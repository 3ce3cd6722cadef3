import { BooleanType, ByteListType, ContainerType, ListCompositeType } from '@chainsafe/ssz';
import { codec, fromUtf8, listRoot, utf8, type Codec } from '#kernel';
import type { BlockEvent } from './types.ts';

const TEXT_BYTES_MAX = 512;
const ATTRIBUTES_MAX = 16;
const EVENT_BYTES_MAX = 32 * 1024;

const text = new ByteListType(TEXT_BYTES_MAX);
const wire = codec(
  'block event',
  new ContainerType({
    isAfter: new BooleanType(),
    type: text,
    attributes: new ListCompositeType(new ContainerType({ key: text, value: text }), ATTRIBUTES_MAX),
  }),
  EVENT_BYTES_MAX,
);

/** The one encoding of an event of a block itself. */
export const blockEventCodec: Codec<BlockEvent> = {
  name: wire.name,
  maxBytes: wire.maxBytes,
  encode: (event) => wire.encode(toBytes(event)),
  encodeTrusted: (event) => wire.encodeTrusted(toBytes(event)),
  decode(bytes) {
    const { isAfter, type, attributes } = wire.decode(bytes);
    return {
      when: isAfter ? 'after' : 'before',
      type: fromUtf8(type),
      attributes: attributes.map(({ key, value }) => ({ key: fromUtf8(key), value: fromUtf8(value) })),
    };
  },
};

/**
 * The items whose list root is the receipt root of a block: its encoded receipts in order and, when the block did
 * something by itself, the 32-byte list root of its encoded events. No receipt is that short: a proof of the one never
 * is a proof of the other.
 */
export function receiptRootItems(
  encodedReceipts: readonly Uint8Array[],
  encodedEvents: readonly Uint8Array[],
): readonly Uint8Array[] {
  return encodedEvents.length === 0 ? encodedReceipts : [...encodedReceipts, listRoot(encodedEvents)];
}

function toBytes({ when, type, attributes }: BlockEvent) {
  return {
    isAfter: when === 'after',
    type: utf8(type),
    attributes: attributes.map(({ key, value }) => ({ key: utf8(key), value: utf8(value) })),
  };
}
