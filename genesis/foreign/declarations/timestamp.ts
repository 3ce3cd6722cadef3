import type { Timestamp } from 'cosmjs-types/google/protobuf/timestamp';
import { readTime } from '../numbers.ts';

/** A protobuf timestamp from RFC 3339 with up to nanoseconds; undefined for what is no time. */
export function readTimestamp(value: unknown): Timestamp | undefined {
  const timeMs = readTime(value);
  if (timeMs === undefined) return undefined;
  const fraction = /\.(\d{1,9})/.exec(value as string)?.[1] ?? '';
  return { seconds: BigInt(Math.floor(timeMs / 1_000)), nanos: Number(fraction.padEnd(9, '0')) };
}
