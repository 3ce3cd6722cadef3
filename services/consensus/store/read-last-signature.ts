import { crc32 } from 'node:zlib';
import { bytesToUint64, toHex } from '#kernel';
import type { LogDirectory } from './log-directory.ts';

const FILE_NAME = 'last-sign';
const SLOT_BYTES = 4096;
/** Magic, key, sequence, height, round, step, digest, signature, checksum: see `last-sign-guard.ts`. */
const RECORD_BYTES = 4 + 32 + 25 + 32 + 64 + 4;
const STEPS = ['proposal', 'prevote', 'precommit'];

/** Where a key signed last, for people; neither signature nor digest. Null in a slot for none, or a damaged one. */
export async function readLastSignature(directory: LogDirectory): Promise<(object | null)[]> {
  const bytes = (await directory.read(FILE_NAME)) ?? new Uint8Array(0);
  return [0, SLOT_BYTES].map((position) => {
    const record = bytes.subarray(position, position + RECORD_BYTES);
    const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
    const isWhole =
      record.length === RECORD_BYTES &&
      view.getUint32(RECORD_BYTES - 4) === crc32(record.subarray(0, RECORD_BYTES - 4));
    if (!isWhole) return null;
    const [sequence, height, round] = [36, 44, 52].map((offset) => bytesToUint64(record, offset));
    return {
      publicKey: toHex(record.subarray(4, 36)),
      sequence,
      height,
      round,
      step: STEPS[record[60] ?? -1] ?? null,
    };
  });
}
