import { createScanner } from 'jsonc-parser';
import { DOCUMENT_BYTES_MAX, DOCUMENT_DEPTH_MAX } from '../limits.ts';
import { pointer, type Findings } from '../report/findings.ts';

/** Token kinds of jsonc-parser's scanner, whose own names are a const enum that cannot be imported here. */
const TOKEN = {
  openBrace: 1,
  closeBrace: 2,
  openBracket: 3,
  closeBracket: 4,
  comma: 5,
  string: 10,
  number: 11,
  endOfFile: 17,
} as const;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The value of a JSON document, read strictly: what `JSON.parse` passes in silence (duplicate members, numbers
 * that are rounded, half surrogate pairs) is found with its place.
 *
 * @returns undefined when there is no value to go on with; the findings say why
 */
export function readJson(bytes: Uint8Array, findings: Findings): { value: unknown } | undefined {
  if (bytes.length > DOCUMENT_BYTES_MAX) {
    findings.add(
      'json.size',
      '',
      `the document has ${bytes.length} bytes; at most ${DOCUMENT_BYTES_MAX} are read`,
    );
    return undefined;
  }
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    findings.add('json.encoding', '', 'the document is not valid UTF-8; save it as UTF-8');
    return undefined;
  }
  if (text.startsWith('\uFEFF')) {
    findings.add('json.encoding', '', 'the document begins with a byte order mark; save it without');
    return undefined;
  }
  // Before the parse: a parser may run out of stack on what is nested too deeply.
  if (!checkTokens(text, findings)) return undefined;
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    findings.add('json.syntax', '', describeSyntaxError(text, error));
    return undefined;
  }
}

/** Where the scanner stands: one for each open object or array. */
interface Level {
  readonly path: string;
  /** Names seen in an object; undefined in an array. */
  readonly names: Set<string> | undefined;
  index: number;
  member: string;
  /** In an object: the next string is a name. */
  expectsName: boolean;
}

/** Looks at every token once, with an explicit stack. False when the document must not be parsed. */
function checkTokens(text: string, findings: Findings): boolean {
  const scanner = createScanner(text, true);
  const levels: Level[] = [];
  for (;;) {
    const kind: number = scanner.scan();
    if (kind === TOKEN.endOfFile) return true;
    const level = levels.at(-1);
    const place =
      level === undefined ? '' : pointer(level.path, level.names === undefined ? level.index : level.member);
    switch (kind) {
      case TOKEN.openBrace:
      case TOKEN.openBracket: {
        const isObject = kind === TOKEN.openBrace;
        levels.push({
          path: place,
          names: isObject ? new Set() : undefined,
          index: 0,
          member: '',
          expectsName: isObject,
        });
        if (levels.length <= DOCUMENT_DEPTH_MAX) break;
        findings.add('json.depth', '', `the document is nested more than ${DOCUMENT_DEPTH_MAX} levels deep`);
        return false;
      }
      case TOKEN.closeBrace:
      case TOKEN.closeBracket:
        levels.pop();
        break;
      case TOKEN.comma:
        if (level !== undefined) {
          level.index++;
          level.expectsName = level.names !== undefined;
        }
        break;
      case TOKEN.string:
        checkString(scanner.getTokenValue(), level, place, findings);
        break;
      case TOKEN.number:
        checkNumber(scanner.getTokenValue(), place, findings);
        break;
      default:
    }
  }
}

function checkString(value: string, level: Level | undefined, place: string, findings: Findings): void {
  if (level?.names === undefined || !level.expectsName) {
    if (!value.isWellFormed())
      findings.add('json.lone-surrogate', place, 'the text holds half a surrogate pair');
    return;
  }
  level.expectsName = false;
  level.member = value;
  const own = pointer(level.path, value);
  if (!value.isWellFormed()) findings.add('json.lone-surrogate', own, 'the name holds half a surrogate pair');
  if (level.names.has(value))
    findings.add('json.duplicate-member', own, `the member "${value.slice(0, 80)}" stands twice; remove one`);
  level.names.add(value);
}

function checkNumber(text: string, place: string, findings: Findings): void {
  const value = Number(text);
  if (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))) return;
  findings.add(
    'json.unsafe-number',
    place,
    `the number ${text.slice(0, 40)} is beyond 2^53: write it as decimal text`,
  );
}

function describeSyntaxError(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const at = /position (\d+)/.exec(message);
  if (text.trim() === '') return 'the document is empty';
  if (at === null) return `the document is not JSON: ${message.slice(0, 200)}`;
  const before = text.slice(0, Number(at[1]));
  const line = before.split('\n').length;
  const column = before.length - before.lastIndexOf('\n');
  return `the document is not JSON at line ${line}, column ${column}: ${message.slice(0, 120)}`;
}
