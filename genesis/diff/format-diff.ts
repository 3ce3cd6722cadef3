import { styleText } from 'node:util';
import type { Difference, Differences } from './diff.ts';

const SHOWN_LENGTH_MAX = 160;

/** The differences for people, one a line; amounts with what they grew or shrank by. */
export function formatDifferences(
  { differences, omitted, reordered }: Differences,
  { colour }: { colour: boolean },
): string {
  const paint = (style: 'red' | 'green' | 'yellow', text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const line = ({ kind, path, before, after }: Difference): string => {
    const place = path || '/';
    if (kind === 'added') return paint('green', `+ ${place}  ${shown(after)}`);
    if (kind === 'removed') return paint('red', `- ${place}  ${shown(before)}`);
    return paint('yellow', `~ ${place}  ${shown(before)} → ${shown(after)}${changeOf(before, after)}`);
  };
  return [
    ...differences.map(line),
    ...(omitted === 0 ? [] : [`and ${omitted} more`]),
    ...reordered.map((path) => `  ${path || '/'}  the same items in another order`),
  ].join('\n');
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return text.length <= SHOWN_LENGTH_MAX ? text : `${text.slice(0, SHOWN_LENGTH_MAX)}…`;
}

function changeOf(before: unknown, after: unknown): string {
  if (typeof before !== 'string' || typeof after !== 'string') return '';
  if (!/^\d{1,60}$/.test(before) || !/^\d{1,60}$/.test(after)) return '';
  const change = BigInt(after) - BigInt(before);
  return ` (${change > 0n ? '+' : ''}${change})`;
}
