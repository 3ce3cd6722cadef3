/** A text and where it is. */
export interface SourceText {
  readonly path: string;
  readonly text: string;
}

/** Ids of lines of a paper (`L22`), and ids of the house (`EVID-3`). */
const ID = String.raw`(?:L\d{1,3}|[A-Z]{2,}-\d{1,3})`;
/** A rule begins a line, whatever marks it as heading, row or item; it may stand for a range of lines. */
const DEFINITION = new RegExp(String.raw`^[\s|#*\-\`]*(${ID})(?: to (${ID}))?\b`, 'gm');
const CITATION = new RegExp(String.raw`\b(${ID})(?: to (${ID}))?\b`, 'g');

interface Rule {
  readonly id: string;
  readonly page: string;
  readonly range: Range;
}

interface Range {
  readonly family: string;
  readonly first: number;
  readonly last: number;
}

/**
 * What is out of step between the rules of the specification and those who cite them: a rule that no code or no
 * test cites, a rule that stands twice, and an id that is cited and stands in no page. Families of ids that no
 * page defines (`UTF-8`, `ZIP-215`) are none of its business.
 *
 * @param pages the pages of the specification
 * @param code sources without the tests
 */
export function specBreaches(
  pages: readonly SourceText[],
  code: readonly SourceText[],
  tests: readonly SourceText[],
): string[] {
  const rules = pages.flatMap(rulesOf);
  const families = new Set(rules.map(({ range }) => range.family));
  const breaches = rules.flatMap((rule, index) => {
    const before = rules.slice(0, index).find((other) => overlaps(rule.range, other.range));
    return before === undefined ? [] : [`${rule.page}: ${rule.id} stands in ${before.page} already`];
  });
  const inCode = code.flatMap((source) => citationsOf(source, families));
  const inTests = tests.flatMap((source) => citationsOf(source, families));
  const inPages = pages.flatMap((source) => citationsOf(source, families));
  for (const rule of rules) {
    if (!inCode.some(({ range }) => overlaps(range, rule.range)))
      breaches.push(`${rule.page}: no code cites ${rule.id}`);
    if (!inTests.some(({ range }) => overlaps(range, rule.range)))
      breaches.push(`${rule.page}: no test cites ${rule.id}`);
  }
  for (const { path, id, range } of [...inCode, ...inTests, ...inPages]) {
    const { family } = range;
    const isKnown = [range.first, range.last].every((number) =>
      rules.some((rule) => overlaps({ family, first: number, last: number }, rule.range)),
    );
    if (!isKnown) breaches.push(`${path}: cites ${id}, which stands in no page of docs/spec`);
  }
  return [...new Set(breaches)];
}

/** Number of rules that the pages define. */
export function countRules(pages: readonly SourceText[]): number {
  return pages.flatMap(rulesOf).length;
}

function rulesOf({ path, text }: SourceText): Rule[] {
  return [...text.matchAll(DEFINITION)].map(([, first = '', last]) => {
    const id = last === undefined ? first : `${first} to ${last}`;
    return { id, page: path, range: rangeOf(first, last) };
  });
}

function citationsOf(
  { path, text }: SourceText,
  families: ReadonlySet<string>,
): { path: string; id: string; range: Range }[] {
  return [...text.matchAll(CITATION)].flatMap(([id, first = '', last]) => {
    const range = rangeOf(first, last);
    return families.has(range.family) ? [{ path, id, range }] : [];
  });
}

function rangeOf(first: string, last = first): Range {
  const family = first.replace(/\d+$/, '');
  const number = (id: string): number => Number(/\d+$/.exec(id)?.[0]);
  return { family, first: number(first), last: Math.max(number(first), number(last)) };
}

function overlaps(a: Range, b: Range): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}
