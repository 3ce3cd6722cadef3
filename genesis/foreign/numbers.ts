/** Decimals of an `sdk.Dec`. */
const DECIMAL_PLACES = 18;
const UINT64_MAX = 2n ** 64n - 1n;
const INT64_MAX = 2n ** 63n - 1n;
const NANOSECONDS = 1_000_000_000n;

/** A whole number, as decimal text in its canonical form or as a JSON number that is exact. */
export function readInteger(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return typeof value === 'string' && /^(0|-?[1-9]\d{0,77})$/.test(value) ? BigInt(value) : undefined;
}

export function readUint64(value: unknown): bigint | undefined {
  const integer = readInteger(value);
  return integer !== undefined && integer >= 0n && integer <= UINT64_MAX ? integer : undefined;
}

export function readInt64(value: unknown): bigint | undefined {
  const integer = readInteger(value);
  return integer !== undefined && integer >= -INT64_MAX - 1n && integer <= INT64_MAX ? integer : undefined;
}

/** An `sdk.Dec` in units of 10^-18. Text only; a JSON number would not be exact. */
export function readDecimal(value: unknown): bigint | undefined {
  const match = typeof value === 'string' ? /^(-?)(0|[1-9]\d{0,59})(?:\.(\d{1,18}))?$/.exec(value) : null;
  if (match === null) return undefined;
  const [, sign = '', whole = '0', fraction = ''] = match;
  const atoms = BigInt(whole + fraction.padEnd(DECIMAL_PLACES, '0'));
  return sign === '-' ? -atoms : atoms;
}

/** One, as an `sdk.Dec`. */
export const ONE = 10n ** BigInt(DECIMAL_PLACES);

/** Text of an `sdk.Dec` as the SDK writes it: always 18 places. */
export function formatDecimal(atoms: bigint): string {
  const digits = (atoms < 0n ? -atoms : atoms).toString().padStart(DECIMAL_PLACES + 1, '0');
  return `${atoms < 0n ? '-' : ''}${digits.slice(0, -DECIMAL_PLACES)}.${digits.slice(-DECIMAL_PLACES)}`;
}

/** A duration in nanoseconds: protobuf-JSON ("172800s") or amino-JSON (nanoseconds). */
export function readDuration(value: unknown): bigint | undefined {
  const match = typeof value === 'string' ? /^(-?)(0|[1-9]\d{0,11})(?:\.(\d{1,9}))?s$/.exec(value) : null;
  if (match === null) return readInt64(value);
  const [, sign = '', seconds = '0', fraction = ''] = match;
  const nanoseconds = BigInt(seconds) * NANOSECONDS + BigInt(fraction.padEnd(9, '0'));
  return sign === '-' ? -nanoseconds : nanoseconds;
}

const TIME = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:Z|[+-](\d{2}):(\d{2}))$/;

/**
 * A time of RFC 3339 with up to nanoseconds, in milliseconds since 1970 (rounded down).
 *
 * @returns undefined for what is malformed or on no calendar (30 February, 24:00, a leap second)
 */
export function readTime(value: unknown): number | undefined {
  const match = typeof value === 'string' ? TIME.exec(value) : null;
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second, zoneHour, zoneMinute] = match
    .slice(1)
    .map((part) => Number(part ?? 0)) as [number, number, number, number, number, number, number, number];
  if (hour > 23 || minute > 59 || second > 59 || zoneHour > 23 || zoneMinute > 59) return undefined;
  // Of the year itself, so that `Date.UTC` does not take years below 100 for those of the last century.
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  // A day that a month does not have lies in another.
  if (date.getUTCMonth() !== month - 1) return undefined;
  // Date takes three digits of a second at most.
  const timeMs = Date.parse((value as string).replace(/\.(\d{1,3})\d*/, '.$1'));
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
