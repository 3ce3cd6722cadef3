import { cliError } from './errors.ts';

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z$/;

/** Unix milliseconds of a time in UTC, or of one from now like `+6h`. @throws `cli.usage` */
export function parseTime(text: string, nowMs: number): number {
  const [, count, unit = ''] = /^\+(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return nowMs + Number(count) * (UNITS_MS[unit] ?? 0);
  const timeMs = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(timeMs))
    throw cliError(
      'usage',
      `"${text}" is not a time in UTC like 2027-01-31T12:00:00Z, nor one from now like +6h`,
    );
  return timeMs;
}
