import { HASH_BYTES, concatBytes, fromHex, toHex } from '#kernel';
import { gossipError } from '../errors.ts';
import { TRANSACTION_BYTES_MAX } from '../limits.ts';

const LENGTH_BYTES = 4;

/** Transactions one after the other, each after its length as a 32-bit big-endian integer. */
export function frameTransactions(encoded: readonly Uint8Array[]): Uint8Array {
  const total = encoded.reduce((sum, bytes) => sum + LENGTH_BYTES + bytes.length, 0);
  const frame = new Uint8Array(total);
  const view = new DataView(frame.buffer);
  let offset = 0;
  for (const bytes of encoded) {
    view.setUint32(offset, bytes.length);
    frame.set(bytes, offset + LENGTH_BYTES);
    offset += LENGTH_BYTES + bytes.length;
  }
  return frame;
}

/**
 * Transactions of a frame, as views into it.
 *
 * @param options.tornEnd leave an incomplete end out instead of refusing the frame
 * @throws `transaction-gossip.malformed-frame`
 */
export function unframeTransactions(frame: Uint8Array, { tornEnd = false } = {}): Uint8Array[] {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const encoded: Uint8Array[] = [];
  let offset = 0;
  while (offset < frame.length) {
    const start = offset + LENGTH_BYTES;
    const length = start <= frame.length ? view.getUint32(offset) : 0;
    const end = start + length;
    if (start > frame.length || end > frame.length || length > TRANSACTION_BYTES_MAX) {
      if (tornEnd) return encoded;
      throw gossipError(
        'malformed-frame',
        `the length at offset ${offset} does not fit the frame of ${frame.length} bytes`,
      );
    }
    encoded.push(frame.subarray(start, end));
    offset = end;
  }
  return encoded;
}

/** Ids as their 32-byte hashes one after the other. */
export function packIds(ids: readonly string[]): Uint8Array {
  return concatBytes(...ids.map((id) => fromHex(id, HASH_BYTES)));
}

/** @throws `transaction-gossip.malformed-frame` when it is not a whole number of ids, or more than `countMax` */
export function unpackIds(packed: Uint8Array, countMax: number): string[] {
  const count = packed.length / HASH_BYTES;
  if (!Number.isInteger(count) || count > countMax) {
    throw gossipError('malformed-frame', `${packed.length} bytes are not up to ${countMax} transaction ids`);
  }
  return Array.from({ length: count }, (_, i) =>
    toHex(packed.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)),
  );
}
