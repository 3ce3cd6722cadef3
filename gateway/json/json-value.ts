import { ADDRESS_BYTES, CodedError, formatAddress, toHex } from '#kernel';

/**
 * A value as JSON has it: addresses (nothing else has 20 bytes) as bech32m, other bytes as hexadecimal, big
 * integers as decimal text, maps as objects.
 */
export function jsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) {
    return value.length === ADDRESS_BYTES ? formatAddress(value) : toHex(value);
  }
  if (value instanceof CodedError) return { code: value.code, message: value.message };
  if (value instanceof Error) return { message: value.message };
  if (value instanceof Map) return jsonValue(Object.fromEntries(value));
  if (value instanceof Set) return jsonValue([...value]);
  if (Array.isArray(value)) return value.map(jsonValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, jsonValue(member)]));
}
