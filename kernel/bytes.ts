import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { kernelError } from './errors.ts';
import { invariant } from './invariant.ts';

/** Lower-case hexadecimal text of `bytes`, two digits a byte, no prefix. */
export function toHex(bytes: Uint8Array): string {
  return bytesToHex(bytes);
}

/**
 * Bytes of lower- or upper-case hexadecimal text without prefix.
 *
 * @param length when given, the number of bytes the text must hold
 * @throws `kernel.malformed-hex`
 */
export function fromHex(text: string, length?: number): Uint8Array {
  const wellFormed = text.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(text);
  if (!wellFormed || (length !== undefined && text.length !== length * 2)) {
    const wanted = length === undefined ? 'an even number of' : String(length * 2);
    throw kernelError(
      'malformed-hex',
      `expected ${wanted} hexadecimal digits, got ${text.length} characters`,
      {
        length: text.length,
      },
    );
  }
  return hexToBytes(text);
}

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text up to this length is looked at byte by byte: most is short and ASCII, where that costs a fraction. */
const SHORT_TEXT = 64;

export function utf8(text: string): Uint8Array {
  if (text.length > SHORT_TEXT) return textEncoder.encode(text);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return textEncoder.encode(text);
    bytes[i] = code;
  }
  return bytes;
}

/**
 * Text of UTF-8 bytes; a byte order mark is kept as a character, so that decoding loses nothing.
 *
 * @throws `kernel.malformed-text` when the bytes are not valid UTF-8
 */
export function fromUtf8(bytes: Uint8Array): string {
  if (bytes.length <= SHORT_TEXT && bytes.every((byte) => byte <= 0x7f)) return String.fromCharCode(...bytes);
  try {
    return textDecoder.decode(bytes);
  } catch (cause) {
    throw kernelError('malformed-text', 'the bytes are not valid UTF-8', {}, { cause });
  }
}

/** Three-way lexicographic comparison of unsigned bytes; a prefix sorts first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Equality in variable time: not for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Big-endian 8-byte form of a height, count or other safe unsigned integer: sorts as the number does. */
export function uint64ToBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  writeUint64(bytes, 0, value);
  return bytes;
}

/** Writes the big-endian 8-byte form of a safe unsigned integer at `offset`. */
export function writeUint64(bytes: Uint8Array, offset: number, value: number): void {
  writeUint32(bytes, offset, Math.floor(value / 2 ** 32));
  writeUint32(bytes, offset + 4, value >>> 0);
}

/**
 * Writes the big-endian 4-byte form of an unsigned integer at `offset`. No DataView: asking a small array for its
 * buffer moves it off the JavaScript heap, which costs more than all the rest.
 */
export function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  invariant(offset + 4 <= bytes.length, 'an integer lies within its bytes');
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}

export function bytesToUint64(bytes: Uint8Array, offset = 0): number {
  return readUint32(bytes, offset) * 2 ** 32 + readUint32(bytes, offset + 4);
}

/** The unsigned integer of 4 big-endian bytes at `offset`; no DataView, as in `writeUint32`. */
export function readUint32(bytes: Uint8Array, offset: number): number {
  invariant(offset + 4 <= bytes.length, 'an integer lies within its bytes');
  const at = (index: number): number => bytes[offset + index] as number;
  return ((at(0) << 24) | (at(1) << 16) | (at(2) << 8) | at(3)) >>> 0;
}
