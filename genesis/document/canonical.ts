import canonicalize from 'canonicalize';
import { hash, utf8 } from '#kernel';

/** Canonical bytes of a JSON value: RFC 8785 (JCS). They do not depend on formatting or the order of members. */
export function canonicalBytes(value: unknown): Uint8Array {
  return utf8(canonicalText(value));
}

/** The genesis hash: of the canonical bytes, in a domain of its own. */
export function genesisHashOf(document: unknown): Uint8Array {
  return hash('genesis', ...canonicalParts(document));
}

/** Characters of a part: few parts, and none of them large beside the document. */
const PART_LENGTH = 1 << 18;

/**
 * The canonical bytes in parts: a document with a million accounts as one text, and then as bytes, would take several
 * times the memory that its values take.
 */
export function canonicalParts(value: unknown): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let text = '';
  for (const piece of piecesOf(value)) {
    text += piece;
    if (text.length < PART_LENGTH) continue;
    parts.push(utf8(text));
    text = '';
  }
  parts.push(utf8(text));
  return parts;
}

/** Objects are taken apart member by member, lists entry by entry; what is in an entry is one piece. */
function* piecesOf(value: unknown): Generator<string, void, undefined> {
  if (Array.isArray(value)) {
    yield '[';
    for (let i = 0; i < value.length; i++) yield `${i === 0 ? '' : ','}${canonicalText(value[i])}`;
    yield ']';
  } else if (typeof value === 'object' && value !== null) {
    yield '{';
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      // By UTF-16 code units, as RFC 8785 asks for.
      .toSorted(([a], [b]) => (a < b ? -1 : Number(a > b)));
    for (const [i, [name, member]] of members.entries()) {
      yield `${i === 0 ? '' : ','}${canonicalText(name)}:`;
      yield* piecesOf(member);
    }
    yield '}';
  } else {
    yield canonicalText(value);
  }
}

function canonicalText(value: unknown): string {
  return canonicalize(value) ?? 'null';
}
