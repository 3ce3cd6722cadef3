import { ByteListType, ByteVectorType, ContainerType, UintNumberType } from '@chainsafe/ssz';
import { codec, fromUtf8, hash, uint64, utf8, type Codec } from '#kernel';
import { CHAIN_ID_BYTES_MAX, HEADER_BYTES_MAX } from '../limits.ts';
import type { Header } from './types.ts';

const hash32 = new ByteVectorType(32);
const address20 = new ByteVectorType(20);

const headerType = new ContainerType({
  version: new UintNumberType(4),
  chainId: new ByteListType(CHAIN_ID_BYTES_MAX),
  height: uint64,
  timeMs: uint64,
  parentHash: hash32,
  proposer: address20,
  transactionRoot: hash32,
  evidenceRoot: hash32,
  stateRoot: hash32,
  receiptRoot: hash32,
  commitHash: hash32,
  validatorSetHash: hash32,
  nextValidatorSetHash: hash32,
});

const wire = codec('header', headerType, HEADER_BYTES_MAX);

/** The one encoding of a header (SSZ container, members in the order of the type). */
export const headerCodec: Codec<Header> = {
  name: wire.name,
  maxBytes: wire.maxBytes,
  encode: (header) => wire.encode({ ...header, chainId: utf8(header.chainId) }),
  encodeTrusted: (header) => wire.encodeTrusted({ ...header, chainId: utf8(header.chainId) }),
  decode(bytes) {
    const header = wire.decode(bytes);
    return { ...header, chainId: fromUtf8(header.chainId) };
  },
};

/** The 32-byte identity of a block: the hash of its encoded header. */
export function blockHash(header: Header): Uint8Array {
  return hash('header', headerCodec.encode(header));
}
