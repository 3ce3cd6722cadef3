import { ByteListType, ContainerType } from '@chainsafe/ssz';
import { codec, fromUtf8, isCodedError, uint64, utf8, type Codec } from '#kernel';
import { coordinationError } from './errors.ts';
import { NAME_BYTES_MAX, VALUE_BYTES_MAX } from './limits.ts';

/** A lease as it is stored: when it ends is known only while the engine is open. */
export interface StoredLease {
  readonly holder: string;
  readonly token: number;
  readonly ttlMs: number;
}

const leaseWire = codec(
  'coordination lease',
  new ContainerType({ holder: new ByteListType(NAME_BYTES_MAX), token: uint64, ttlMs: uint64 }),
  NAME_BYTES_MAX + 32,
);

export const recordCodec = codec(
  'coordination record',
  new ContainerType({ revision: uint64, value: new ByteListType(VALUE_BYTES_MAX) }),
  VALUE_BYTES_MAX + 32,
);

export const counterCodec = codec('coordination counter', new ContainerType({ revision: uint64 }), 8);

export function encodeLease(lease: StoredLease): Uint8Array {
  return leaseWire.encode({ ...lease, holder: utf8(lease.holder) });
}

/** @throws `engine.coordination.corrupt` */
export function decodeLease(bytes: Uint8Array): StoredLease {
  const { holder, ...numbers } = decodeStored(leaseWire, bytes);
  return { ...numbers, holder: fromUtf8(holder) };
}

/** @throws `engine.coordination.corrupt` */
export function decodeStored<Value>(wire: Codec<Value>, bytes: Uint8Array): Value {
  try {
    return wire.decode(bytes);
  } catch (cause) {
    if (!isCodedError(cause)) throw cause;
    throw coordinationError(
      'corrupt',
      `what is stored is not a ${wire.name}: restore the coordination directory from a copy of now; the record of the last ` +
        'signature beside it still guards the key',
      { what: wire.name },
      { cause },
    );
  }
}
