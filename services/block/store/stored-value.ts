import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { concatBytes } from '#kernel';
import { blockError } from '../errors.ts';
import { BLOCK_BYTES_MAX, COMPRESS_BYTES_MIN } from '../limits.ts';

/** First byte of a stored value. Append only. */
const RAW = 0;
const ZSTD = 1;

/** Signatures and hashes do not compress: the fastest level finds nearly all that there is to find. */
const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** A value as it is stored: behind a one-byte tag, zstd (RFC 8878) where that is smaller. */
export function toStoredValue(bytes: Uint8Array): Uint8Array {
  if (bytes.length >= COMPRESS_BYTES_MIN) {
    const compressed = zstdCompressSync(bytes, COMPRESSION);
    if (compressed.length < bytes.length) return concatBytes(Uint8Array.of(ZSTD), compressed);
  }
  return concatBytes(Uint8Array.of(RAW), bytes);
}

/** @throws `block.corrupt-home` for what `toStoredValue` did not write */
export function fromStoredValue(stored: Uint8Array): Uint8Array {
  const body = stored.subarray(1);
  if (stored[0] === RAW) return body;
  if (stored[0] === ZSTD) {
    try {
      return zstdDecompressSync(body, { maxOutputLength: BLOCK_BYTES_MAX });
    } catch (cause) {
      throw corruptValue('does not decompress', cause);
    }
  }
  throw corruptValue('has an unknown tag');
}

/** Several byte strings as one: a 4-byte length before each. */
export function joinItems(items: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(items.reduce((total, item) => total + 4 + item.length, 0));
  const view = new DataView(joined.buffer);
  let offset = 0;
  for (const item of items) {
    view.setUint32(offset, item.length);
    joined.set(item, offset + 4);
    offset += 4 + item.length;
  }
  return joined;
}

/** The byte strings of `joinItems`, each with memory of its own. @throws `block.corrupt-home` */
export function splitItems(joined: Uint8Array): Uint8Array[] {
  const view = new DataView(joined.buffer, joined.byteOffset, joined.byteLength);
  const items: Uint8Array[] = [];
  let offset = 0;
  while (offset < joined.length) {
    if (offset + 4 > joined.length) throw corruptValue('ends in a length');
    const end = offset + 4 + view.getUint32(offset);
    if (end > joined.length) throw corruptValue('ends in an item');
    items.push(Uint8Array.from(joined.subarray(offset + 4, end)));
    offset = end;
  }
  return items;
}

function corruptValue(what: string, cause?: unknown): Error {
  return blockError(
    'corrupt-home',
    `a stored value ${what}: restore the data directory from a backup, or remove it and sync again`,
    {},
    { cause },
  );
}
