import { DOCUMENT_DEPTH_MAX, DOCUMENT_VALUES_MAX, POINTER_LENGTH_MAX } from '../limits.ts';
import { pointer, type Findings } from '../report/findings.ts';

const CODE = {
  quote: 0x22,
  comma: 0x2c,
  minus: 0x2d,
  point: 0x2e,
  zero: 0x30,
  nine: 0x39,
  upperE: 0x45,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  lowerE: 0x65,
  lowerF: 0x66,
  lowerN: 0x6e,
  lowerT: 0x74,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Digits that a number holds exactly, whichever they are. */
const EXACT_DIGITS = 15;
/** Names of an object that are compared one by one; an object of more gets a set. */
const NAMES_COMPARED = 12;

/** An open object or array. Levels are used again by the next object at the same depth. */
class Level {
  isObject = false;
  index = 0;
  member = '';
  /** In an object: the next string is a name. */
  expectsName = false;
  readonly #few: string[] = [];
  #many: Set<string> | undefined;

  begin(isObject: boolean): void {
    this.isObject = isObject;
    this.expectsName = isObject;
    this.index = 0;
    this.member = '';
    this.#few.length = 0;
    this.#many = undefined;
  }

  /** Takes note of a name; false when the object has it already. */
  take(name: string): boolean {
    if (this.#many === undefined) {
      if (this.#few.includes(name)) return false;
      this.#few.push(name);
      if (this.#few.length > NAMES_COMPARED) this.#many = new Set(this.#few);
      return true;
    }
    if (this.#many.has(name)) return false;
    this.#many.add(name);
    return true;
  }
}

/**
 * Looks at every token of a JSON text once, for what `JSON.parse` passes in silence: duplicate members, numbers
 * that are rounded, half surrogate pairs; and for what must not be parsed: too deep, too many values. It takes a
 * text that is not JSON for granted: the parser says so. Places are worked out only for what is found.
 *
 * @returns false when the text must not be parsed
 */
export function scanJson(text: string, findings: Findings): boolean {
  return new Scanner(text, findings).run();
}

class Scanner {
  readonly #text: string;
  readonly #findings: Findings;
  readonly #levels: Level[] = Array.from({ length: DOCUMENT_DEPTH_MAX }, () => new Level());
  #depth = 0;

  constructor(text: string, findings: Findings) {
    this.#text = text;
    this.#findings = findings;
  }

  run(): boolean {
    const text = this.#text;
    const levels = this.#levels;
    let values = 0;
    let at = 0;
    while (at < text.length) {
      const code = text.charCodeAt(at);
      if (code === CODE.quote) {
        at = this.#string(at + 1);
        values++;
      } else if (code === CODE.comma) {
        at++;
        const level = this.#depth === 0 ? undefined : levels[this.#depth - 1];
        if (level === undefined) continue;
        level.index++;
        level.expectsName = level.isObject;
      } else if (code === CODE.minus || (code >= CODE.zero && code <= CODE.nine)) {
        at = this.#number(at);
        values++;
      } else if (code === CODE.openBrace || code === CODE.openBracket) {
        at++;
        values++;
        const level = levels[this.#depth];
        if (level === undefined) {
          const message = `the document is nested more than ${DOCUMENT_DEPTH_MAX} levels deep`;
          this.#findings.add('json.depth', '', message);
          return false;
        }
        level.begin(code === CODE.openBrace);
        this.#depth++;
      } else if (code === CODE.closeBrace || code === CODE.closeBracket) {
        at++;
        if (this.#depth > 0) this.#depth--;
      } else if (code === CODE.lowerT || code === CODE.lowerF || code === CODE.lowerN) {
        at++;
        values++;
      } else at++;
      if (values <= DOCUMENT_VALUES_MAX) continue;
      const message = `the document has more than ${DOCUMENT_VALUES_MAX} names and values: it is not read`;
      this.#findings.add('json.size', '', message);
      return false;
    }
    return true;
  }

  /** A string whose first character is at `start`; returns where it is over. */
  #string(start: number): number {
    const text = this.#text;
    let at = start;
    let isPlain = true;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === CODE.quote) break;
      if (code !== CODE.backslash) continue;
      isPlain = false;
      at++;
    }
    const level = this.#depth === 0 ? undefined : this.#levels[this.#depth - 1];
    if (level?.expectsName === true) this.#name(level, text.slice(start, at), isPlain);
    // The text was UTF-8: half a pair stands in it as an escape only.
    else if (!isPlain && !unescaped(text.slice(start, at)).isWellFormed()) {
      this.#findings.add('json.lone-surrogate', this.#place, 'the text holds half a surrogate pair');
    }
    return at + 1;
  }

  #name(level: Level, raw: string, isPlain: boolean): void {
    const name = isPlain ? raw : unescaped(raw);
    level.expectsName = false;
    // A path is shown up to a length: what lies beyond it need not be kept.
    level.member = name.length > POINTER_LENGTH_MAX ? name.slice(0, POINTER_LENGTH_MAX + 1) : name;
    if (!isPlain && !name.isWellFormed()) {
      this.#findings.add('json.lone-surrogate', this.#place, 'the name holds half a surrogate pair');
    }
    if (level.take(name)) return;
    const message = `the member "${name.slice(0, 80)}" stands twice; remove one`;
    this.#findings.add('json.duplicate-member', this.#place, message);
  }

  /** A number that begins at `start`; returns where it is over. */
  #number(start: number): number {
    const text = this.#text;
    let end = start + 1;
    let code = text.charCodeAt(end);
    while (code >= CODE.zero && code <= CODE.nine) code = text.charCodeAt(++end);
    const isWhole = code !== CODE.point && code !== CODE.lowerE && code !== CODE.upperE;
    if (isWhole && end - start <= EXACT_DIGITS) return end;
    NUMBER.lastIndex = start;
    const [found] = NUMBER.exec(text) ?? [];
    // A sign alone: the parser refuses it.
    if (found === undefined) return end;
    const value = Number(found);
    if (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))) {
      return start + found.length;
    }
    const message = `the number ${found.slice(0, 40)} is beyond 2^53: write it as decimal text`;
    this.#findings.add('json.unsafe-number', this.#place, message);
    return start + found.length;
  }

  /** JSON pointer of the value, or member, that the scanner is at. */
  readonly #place = (): string => {
    let path = '';
    for (let depth = 0; depth < this.#depth; depth++) {
      const { isObject, member, index } = this.#levels[depth] as Level;
      path = pointer(path, isObject ? member : index);
    }
    return path;
  };
}

/** The string that stands escaped in a document; as it stands when it is no JSON string. */
function unescaped(raw: string): string {
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return raw;
  }
}
