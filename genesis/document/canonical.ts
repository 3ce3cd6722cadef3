import { hashPieces, utf8 } from '#kernel';

/** Characters that are put together before they are encoded and handed on. */
const PIECE_LENGTH = 65_536;
/** Members of an object that is written in one go at most. */
const FLAT_MEMBERS_MAX = 32;

/**
 * Canonical form of a JSON value (RFC 8785, JCS) in pieces: members sorted by their UTF-16 code units, texts and
 * numbers as ECMAScript writes them. The whole form is never in memory.
 *
 * @param value what `JSON.parse` gave; its nesting is bounded by the reader
 * @throws RangeError for text with half a surrogate pair, which has no UTF-8 form
 */
export function* canonicalPieces(value: unknown): Iterable<Uint8Array> {
  let piece = '';
  for (const token of tokensOf(value)) {
    piece += token;
    if (piece.length < PIECE_LENGTH) continue;
    yield utf8(piece);
    piece = '';
  }
  yield utf8(piece);
}

/** The genesis hash: of the canonical form, in a domain of its own. */
export function genesisHashOf(document: unknown): Uint8Array {
  return hashPieces('genesis', canonicalPieces(document));
}

function* tokensOf(value: unknown): Iterable<string> {
  const flat = flatForm(value);
  if (flat !== undefined) yield flat;
  else if (Array.isArray(value)) yield* elementsOf(value);
  else yield* membersOf(value as Readonly<Record<string, unknown>>);
}

function* elementsOf(list: readonly unknown[]): Iterable<string> {
  yield '[';
  for (let i = 0; i < list.length; i++) {
    if (i > 0) yield ',';
    yield* tokensOf(list[i]);
  }
  yield ']';
}

function* membersOf(members: Readonly<Record<string, unknown>>): Iterable<string> {
  let before = '{';
  // The default order of `sort` is that of UTF-16 code units, which RFC 8785 asks for.
  for (const name of Object.keys(members).toSorted()) {
    if (members[name] === undefined) continue;
    yield `${before}${textForm(name)}:`;
    yield* tokensOf(members[name]);
    before = ',';
  }
  yield before === '{' ? '{}' : '}';
}

/** The whole form of a value without values inside, or of an object whose members are such and stand in order. */
function flatForm(value: unknown): string | undefined {
  if (typeof value === 'string') return textForm(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return value.length === 0 ? '[]' : undefined;
  const names = Object.keys(value);
  if (names.length > FLAT_MEMBERS_MAX) return undefined;
  for (const [i, name] of names.entries()) {
    const member = (value as Readonly<Record<string, unknown>>)[name];
    if (typeof member === 'object' && member !== null) return undefined;
    if (i > 0 && name < (names[i - 1] as string)) return undefined;
    if (typeof member === 'string') refuseHalfPair(member);
    refuseHalfPair(name);
  }
  // An object that JSON.parse made has no toJSON function: what ECMAScript writes is the canonical form.
  return JSON.stringify(value);
}

function textForm(text: string): string {
  refuseHalfPair(text);
  return JSON.stringify(text);
}

function refuseHalfPair(text: string): void {
  if (!text.isWellFormed()) throw new RangeError('text with half a surrogate pair has no canonical form');
}

/** Faults that leave a document without a canonical form: what was parsed is not what stands there. */
export const UNHASHABLE = ['json.lone-surrogate', 'json.duplicate-member', 'json.unsafe-number'] as const;
