import { styleText } from 'node:util';
import type { FileFinding } from '../ceremony/collect.ts';
import { RULES } from '../rules/catalogue.ts';
import { printable } from './format-summary.ts';

const COLOURS = { error: 'red', warning: 'yellow', info: 'cyan' } as const;

/** Findings in the founders' files, each with the file and who it is from. */
export function formatFileFindings(
  findings: readonly FileFinding[],
  { colour }: { colour: boolean },
): string {
  return findings
    .map(({ severity, file, contributor, path, message, rule }) => {
      const level = severity.padEnd(7);
      const painted = colour ? styleText(COLOURS[severity], level, { validateStream: false }) : level;
      const from = contributor === '' ? '' : `  ${contributor}`;
      const text = `${painted} ${file}${from}\n        ${path || '/'}: ${message}\n        ${rule}: ${RULES[rule].advice}`;
      return text.split('\n').map(printable).join('\n');
    })
    .join('\n');
}
