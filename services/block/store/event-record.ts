import { BooleanType, ByteListType, ContainerType, ListCompositeType } from '@chainsafe/ssz';
import { codec, fromUtf8, utf8, type Codec } from '#kernel';
import type { BlockEvent } from '#services/blockchain';

const TEXT_BYTES_MAX = 512;
const ATTRIBUTES_MAX = 16;
const EVENT_BYTES_MAX = 32 * 1024;

const text = new ByteListType(TEXT_BYTES_MAX);
const wire = codec(
  'stored block event',
  new ContainerType({
    isAfter: new BooleanType(),
    type: text,
    attributes: new ListCompositeType(new ContainerType({ key: text, value: text }), ATTRIBUTES_MAX),
  }),
  EVENT_BYTES_MAX,
);

/**
 * An event of a block itself as it is stored. No header commits to these events: whoever doubts them executes the block
 * again.
 */
export const eventCodec: Pick<Codec<BlockEvent>, 'encodeTrusted' | 'decode'> = {
  encodeTrusted: ({ when, type, attributes }) =>
    wire.encodeTrusted({
      isAfter: when === 'after',
      type: utf8(type),
      attributes: attributes.map(({ key, value }) => ({ key: utf8(key), value: utf8(value) })),
    }),
  decode(bytes) {
    const { isAfter, type, attributes } = wire.decode(bytes);
    return {
      when: isAfter ? 'after' : 'before',
      type: fromUtf8(type),
      attributes: attributes.map(({ key, value }) => ({ key: fromUtf8(key), value: fromUtf8(value) })),
    };
  },
};
