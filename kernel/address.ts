import { bech32m } from '@scure/base';
import { toHex } from './bytes.ts';
import { kernelError } from './errors.ts';
import { hash } from './hash.ts';
import type { KeyType } from './keys.ts';
import { KEY_TYPE_TAGS } from './keys.ts';

export const ADDRESS_BYTES = 20;
export const ADDRESS_PREFIX = 'bizra';

/** The account address of a public key: the first 20 bytes of the hash of its type tag and bytes. */
export function addressOfKey(type: KeyType, publicKey: Uint8Array): Uint8Array {
  return hash('address', Uint8Array.of(KEY_TYPE_TAGS[type]), publicKey).slice(0, ADDRESS_BYTES);
}

/** Texts worked out lately: receipts name the same accounts again and again, and bech32m takes some microseconds. */
const texts = new Map<string, string>();
const TEXTS_MAX = 50_000;

/** Text of a 20-byte address: bech32m (BIP 350) with the prefix `bizra`. */
export function formatAddress(address: Uint8Array): string {
  const id = toHex(address);
  const known = texts.get(id);
  if (known !== undefined) return known;
  const text = bech32m.encode(ADDRESS_PREFIX, bech32m.toWords(address));
  if (texts.size >= TEXTS_MAX) texts.clear();
  texts.set(id, text);
  return text;
}

/** @throws `kernel.malformed-address` saying what is wrong: prefix, checksum or length */
export function parseAddress(text: string): Uint8Array {
  const wrong = (why: string) =>
    kernelError('malformed-address', `"${text.slice(0, 100)}" is not an address: ${why}`, {
      given: text.slice(0, 100),
    });
  if (text.length > 90) throw wrong('it is too long');
  let decoded: { prefix: string; words: number[] };
  let bytes: Uint8Array;
  try {
    decoded = bech32m.decode(text as `${string}1${string}`);
    bytes = bech32m.fromWords(decoded.words);
  } catch (cause) {
    throw wrong(
      `it is not bech32m text with a valid checksum (${cause instanceof Error ? cause.message : 'malformed'})`,
    );
  }
  if (decoded.prefix !== ADDRESS_PREFIX)
    throw wrong(`its prefix is ${decoded.prefix}, expected ${ADDRESS_PREFIX}`);
  if (bytes.length !== ADDRESS_BYTES)
    throw wrong(`it holds ${bytes.length} bytes, expected ${ADDRESS_BYTES}`);
  // bech32 allows all-upper-case text: one text form only, so that addresses compare as strings.
  if (text !== text.toLowerCase()) throw wrong('use lower case');
  return bytes;
}
