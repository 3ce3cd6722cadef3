import { transactionError } from '../errors.ts';

/** An object with exactly the members named; those in `optional` may be missing. @throws `transaction.malformed-json` */
export function object(
  value: unknown,
  what: string,
  names: readonly string[],
  optional: readonly string[] = [],
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed(`${what} is not an object`);
  const unknown = Object.keys(value).filter((name) => !names.includes(name) && !optional.includes(name));
  if (unknown.length > 0) throw malformed(`${what} has the unknown member "${unknown[0]}"`);
  const missing = names.filter((name) => !Object.hasOwn(value, name));
  if (missing.length > 0) throw malformed(`${what} lacks the member "${missing[0]}"`);
  return value as Record<string, unknown>;
}

/** @throws `transaction.malformed-json` */
export function text(members: Record<string, unknown>, name: string): string {
  const value = members[name];
  if (typeof value !== 'string') throw malformed(`"${name}" must be text`);
  return value;
}

/** @throws `transaction.malformed-json` */
export function integer(members: Record<string, unknown>, name: string): number {
  const digits = text(members, name);
  const value = Number(digits);
  if (!/^(0|[1-9]\d{0,15})$/.test(digits) || !Number.isSafeInteger(value)) {
    throw malformed(`"${name}" must be a whole number below 2^53 as decimal text`);
  }
  return value;
}

/** A JSON number. @throws `transaction.malformed-json` */
export function basisPoints(members: Record<string, unknown>, name: string): number {
  const value = members[name];
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 10_000) return value;
  throw malformed(`"${name}" must be a number of basis points, from 0 to 10000`);
}

export function malformed(why: string) {
  return transactionError('malformed-json', `not the JSON form of a transaction: ${why}`);
}
