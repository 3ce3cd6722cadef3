import { ripemd160 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bech32, bech32m } from '@scure/base';
import { toHex } from './bytes.ts';
import { kernelError } from './errors.ts';
import { hash } from './hash.ts';
import type { KeyType } from './keys.ts';
import { KEY_TYPE_TAGS, PUBLIC_KEY_BYTES } from './keys.ts';

export const ADDRESS_BYTES = 20;
export const ADDRESS_PREFIX = 'bizra';

/**
 * The 20-byte account address of a public key. Ed25519: the first bytes of the hash of its type tag and bytes.
 * secp256k1: RIPEMD-160 of SHA-256 of the compressed key, as on Cosmos chains (and in Bitcoin's P2PKH), so that an
 * imported account belongs to the key that it belonged to there.
 *
 * @param publicKey `PUBLIC_KEY_BYTES` of its type
 * @throws `kernel.malformed-key` for any other length
 */
export function addressOfKey(type: KeyType, publicKey: Uint8Array): Uint8Array {
  if (publicKey.length !== PUBLIC_KEY_BYTES[type]) {
    throw kernelError(
      'malformed-key',
      `a public key of type ${type} has ${PUBLIC_KEY_BYTES[type]} bytes, got ${publicKey.length}`,
    );
  }
  if (type === 'secp256k1') return ripemd160(sha256(publicKey));
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

/**
 * The same 20 bytes as another chain shows them: bech32 (BIP 173) with that chain's prefix. For people to compare;
 * this ledger reads `bizra` addresses only.
 *
 * @param prefix 1 to 20 of a-z and 0-9, e.g. `cosmos`
 * @throws `kernel.malformed-address`
 */
export function formatForeignAddress(prefix: string, address: Uint8Array): string {
  if (!/^[a-z0-9]{1,20}$/.test(prefix)) {
    throw kernelError(
      'malformed-address',
      `"${prefix.slice(0, 100)}" is not a prefix of addresses: use 1 to 20 of a-z and 0-9, e.g. cosmos`,
    );
  }
  return bech32.encode(prefix, bech32.toWords(address));
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
