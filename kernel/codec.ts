import { UintNumberType, type Type } from '@chainsafe/ssz';
import { equalBytes } from './bytes.ts';
import { kernelError } from './errors.ts';

/** The one encoding of a consensus type (SSZ, see docs/decisions). */
export interface Codec<Value> {
  readonly name: string;
  /** Bytes of the largest input that `decode` looks at. */
  readonly maxBytes: number;
  /**
   * Bytes of `value`.
   *
   * @throws `kernel.unencodable-value` when a member is outside its type: nothing is truncated silently
   */
  encode(value: Value): Uint8Array;
  /** `encode` without reading back what was written: for values made by code that checked every member. */
  encodeTrusted(value: Value): Uint8Array;
  /**
   * The value of `bytes`, which share no memory with it.
   *
   * @throws `kernel.too-large` before anything is allocated
   * @throws `kernel.malformed-encoding` for anything but the one encoding: trailing bytes, overlapping
   *   offsets, integers beyond 2^53 - 1 in number members
   */
  decode(bytes: Uint8Array): Value;
}

/** SSZ uint64 as a number: refuses what a number cannot hold exactly instead of rounding it. */
class SafeUint64Type extends UintNumberType {
  constructor() {
    super(8);
  }

  override value_deserializeFromBytes(
    ...range: Parameters<UintNumberType['value_deserializeFromBytes']>
  ): number {
    const value = super.value_deserializeFromBytes(...range);
    if (!Number.isSafeInteger(value)) throw new RangeError('an integer is beyond 2^53 - 1');
    return value;
  }
}

/** Type of heights, times, nonces and counts: 64 bits on the wire, 0 to 2^53 - 1 by rule. */
export const uint64: UintNumberType = new SafeUint64Type();

/**
 * A codec over an SSZ type. SSZ has one encoding a value; reading back what was read and comparing keeps that
 * true whatever the library does.
 */
export function codec<Value>(name: string, type: Type<Value>, maxBytes: number): Codec<Value> {
  const unencodable = (cause?: unknown) =>
    kernelError(
      'unencodable-value',
      `the ${name} has a member outside its type or limit`,
      { type: name },
      { cause },
    );
  return {
    name,
    maxBytes,
    encodeTrusted: (value) => type.serialize(value),
    encode(value) {
      let bytes: Uint8Array;
      let same: boolean;
      try {
        bytes = type.serialize(value);
        same = type.equals(type.deserialize(bytes), value);
      } catch (cause) {
        throw unencodable(cause);
      }
      if (!same || bytes.length > maxBytes) throw unencodable();
      return bytes;
    },
    decode(bytes) {
      if (bytes.length > maxBytes) {
        throw kernelError(
          'too-large',
          `${bytes.length} bytes given as ${name}, which has at most ${maxBytes}`,
          {
            type: name,
            bytes: bytes.length,
            maxBytes,
          },
        );
      }
      let value: Value;
      let canonical: boolean;
      try {
        value = type.deserialize(bytes);
        canonical = equalBytes(type.serialize(value), bytes);
      } catch (cause) {
        throw kernelError('malformed-encoding', `the bytes are not a ${name}`, { type: name }, { cause });
      }
      if (!canonical) {
        throw kernelError('malformed-encoding', `the bytes are not the one encoding of a ${name}`, {
          type: name,
        });
      }
      return value;
    },
  };
}
