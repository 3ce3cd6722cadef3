import { ByteListType, ByteVectorType, ContainerType } from '@chainsafe/ssz';
import { codec, equalBytes, fromUtf8, toHex, uint64, utf8, type CodedError } from '#kernel';
import { networkError } from './errors.ts';
import type { Hello } from './face.ts';
import { HELLO_BYTES_MAX } from './limits.ts';

const text = new ByteListType(64);
const helloBytes = codec(
  'hello',
  new ContainerType({
    protocolVersion: uint64,
    chainId: text,
    genesisHash: new ByteVectorType(32),
    role: text,
    agent: text,
    height: uint64,
  }),
  HELLO_BYTES_MAX,
);

export function encodeHello(hello: Hello): Uint8Array {
  return helloBytes.encode({
    ...hello,
    chainId: utf8(hello.chainId),
    role: utf8(hello.role),
    agent: utf8(hello.agent),
  });
}

/** @throws `kernel.*` when the bytes are not a hello */
export function decodeHello(bytes: Uint8Array): Hello {
  const hello = helloBytes.decode(bytes);
  return {
    ...hello,
    chainId: fromUtf8(hello.chainId),
    role: fromUtf8(hello.role),
    agent: fromUtf8(hello.agent),
  };
}

/** Why two nodes cannot be peers; both sides come to the same answer. */
export function mismatch(own: Hello, other: Hello): CodedError | undefined {
  if (own.protocolVersion !== other.protocolVersion) {
    return networkError(
      'wrong-version',
      `the peer speaks protocol version ${other.protocolVersion}, this node ${own.protocolVersion}; update the older one`,
      {
        peer: other.protocolVersion,
        own: own.protocolVersion,
      },
    );
  }
  const hashes = { peer: toHex(other.genesisHash), own: toHex(own.genesisHash) };
  if (own.chainId !== other.chainId) {
    return networkError(
      'wrong-chain',
      `the peer is of the chain ${other.chainId} (genesis hash ${hashes.peer}), this node of ${own.chainId} (${hashes.own})`,
      { peer: other.chainId, own: own.chainId, peerGenesisHash: hashes.peer, ownGenesisHash: hashes.own },
    );
  }
  if (equalBytes(own.genesisHash, other.genesisHash)) return undefined;
  return networkError(
    'wrong-genesis',
    `the peer's genesis hash is ${hashes.peer}, this node's is ${hashes.own}; compare the genesis documents`,
    hashes,
  );
}
