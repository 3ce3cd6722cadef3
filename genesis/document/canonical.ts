import canonicalize from 'canonicalize';
import { hash, utf8 } from '#kernel';

/** Canonical bytes of a JSON value: RFC 8785 (JCS). They do not depend on formatting or the order of members. */
export function canonicalBytes(value: unknown): Uint8Array {
  const text = canonicalize(value);
  return utf8(text ?? 'null');
}

/** The genesis hash: of the canonical bytes, in a domain of its own. */
export function genesisHashOf(document: unknown): Uint8Array {
  return hash('genesis', canonicalBytes(document));
}

/** Faults that leave a document without a canonical form: what was parsed is not what stands there. */
export const UNHASHABLE = ['json.lone-surrogate', 'json.duplicate-member', 'json.unsafe-number'] as const;
