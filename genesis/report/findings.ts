import { FINDINGS_PER_RULE_MAX, POINTER_LENGTH_MAX } from '../limits.ts';
import { RULES, type RuleId } from '../rules/catalogue.ts';
import type { Finding } from './report.ts';

/** Collects findings; their number and paths are capped, so that a hostile document cannot make the report grow with it. */
export class Findings {
  readonly #list: Finding[] = [];
  readonly #counts = new Map<RuleId, number>();

  /** @param place JSON pointer; it and the message may be worked out only when the finding is listed */
  add(rule: RuleId, place: string | (() => string), message: string | (() => string)): void {
    const count = (this.#counts.get(rule) ?? 0) + 1;
    this.#counts.set(rule, count);
    if (count > FINDINGS_PER_RULE_MAX) return;
    const path = typeof place === 'string' ? place : place();
    const text = typeof message === 'string' ? message : message();
    const short = path.length <= POINTER_LENGTH_MAX ? path : `${path.slice(0, POINTER_LENGTH_MAX)}…`;
    this.#list.push({ rule, severity: RULES[rule].severity, path: short, message: text });
  }

  has(rule: RuleId): boolean {
    return this.#counts.has(rule);
  }

  get hasErrors(): boolean {
    return [...this.#counts.keys()].some((rule) => RULES[rule].severity === 'error');
  }

  /** In the order of the places in the document, then by rule: the same on every machine. */
  sorted(): readonly Finding[] {
    return this.#list.toSorted(
      (a, b) => comparePointers(a.path, b.path) || (a.rule < b.rule ? -1 : Number(a.rule > b.rule)),
    );
  }

  omitted(): Record<string, number> {
    const beyond = [...this.#counts].filter(([, count]) => count > FINDINGS_PER_RULE_MAX);
    return Object.fromEntries(beyond.map(([rule, count]) => [rule, count - FINDINGS_PER_RULE_MAX]));
  }
}

/** By segments; array positions as numbers. */
function comparePointers(a: string, b: string): number {
  const [left, right] = [a.split('/'), b.split('/')];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x, y] = [left[i] as string, right[i] as string];
    if (x === y) continue;
    const numbers = /^\d+$/.test(x) && /^\d+$/.test(y);
    return numbers ? Number(x) - Number(y) : x < y ? -1 : 1;
  }
  return left.length - right.length;
}

/** A JSON pointer one member deeper. */
export function pointer(base: string, member: string | number): string {
  // Positions need no escape: there may be millions.
  if (typeof member === 'number') return `${base}/${member}`;
  return `${base}/${member.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
