import { crc32 } from 'node:zlib';
import { LOG_RECORD_BYTES_MAX } from '../limits.ts';

/**
 * Framing of log records: length (4 bytes), CRC-32 of the rest (4), durable offset (8), payload. The durable
 * offset says how much of the file was known to be on disk when the frame was made. It tells a torn tail,
 * which a crash leaves behind and which is dropped, from damage to what had been durable, which is not.
 */
const HEADER_BYTES = 16;

export interface Frame {
  readonly payload: Uint8Array;
  readonly durable: number;
  /** Position of the byte after the frame. */
  readonly end: number;
}

/** @param durable bytes of the file known to be on disk */
export function encodeFrame(payload: Uint8Array, durable: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length);
  view.setBigUint64(8, BigInt(durable));
  bytes.set(payload, HEADER_BYTES);
  view.setUint32(4, checksum(bytes));
  return bytes;
}

/** The frame at a position, or undefined when there is no whole and intact one. Payloads are never empty. */
function frameAt(bytes: Uint8Array, position: number): Frame | undefined {
  if (position + HEADER_BYTES >= bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(position);
  const end = position + HEADER_BYTES + length;
  if (length === 0 || length > LOG_RECORD_BYTES_MAX || end > bytes.length) return undefined;
  const durable = Number(view.getBigUint64(position + 8));
  if (durable > position) return undefined;
  if (view.getUint32(position + 4) !== checksum(bytes.subarray(position, end))) return undefined;
  return { payload: bytes.subarray(position + HEADER_BYTES, end), durable, end };
}

/**
 * Reads frames from the start of a file.
 *
 * @returns the frames and where the intact part ends; `damaged` when what follows had been durable
 */
export function readFrames(bytes: Uint8Array): { frames: Frame[]; end: number; damaged: boolean } {
  const frames: Frame[] = [];
  let end = 0;
  for (let frame = frameAt(bytes, 0); frame !== undefined; frame = frameAt(bytes, end)) {
    frames.push(frame);
    end = frame.end;
  }
  return { frames, end, damaged: wasDurableBeyond(bytes, end) };
}

/** True when an intact frame after `position` says that the file had been durable beyond it. */
function wasDurableBeyond(bytes: Uint8Array, position: number): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = position + 1; at + HEADER_BYTES < bytes.length; at++) {
    // The cheap test first: a durable offset in the range that can only be written after the damage.
    if (view.getUint32(at + 8) > 0x1f_ffff) continue;
    const durable = Number(view.getBigUint64(at + 8));
    if (durable > position && durable <= at && frameAt(bytes, at) !== undefined) return true;
  }
  return false;
}

function checksum(frame: Uint8Array): number {
  return crc32(frame.subarray(8), frame.length - HEADER_BYTES);
}
