import type { Severity } from '../report/report.ts';

export interface Rule {
  readonly severity: Severity;
  /** What is wrong, in a few words. */
  readonly title: string;
  /** What to do. */
  readonly advice: string;
}

export const rule = (severity: Severity, title: string, advice: string): Rule => ({
  severity,
  title,
  advice,
});
