import { cliError } from './errors.ts';

/** Basis points of a percentage with at most two decimals, e.g. `7.5%`. @throws `cli.usage` */
export function basisPoints(text: string, option: string): number {
  const digits = /^(\d{1,3})(?:\.(\d{1,2}))?\s*%?$/.exec(text);
  const points = digits === null ? -1 : Number(digits[1]) * 100 + Number((digits[2] ?? '').padEnd(2, '0'));
  if (points >= 0 && points <= 10_000) return points;
  throw cliError('usage', `${option} ${text} is not a percentage from 0% to 100% with at most two decimals`);
}

/** A part in basis points as a percentage with up to two decimals. */
export function percentage(points: number): string {
  return `${Number((points / 100).toFixed(2))}%`;
}
