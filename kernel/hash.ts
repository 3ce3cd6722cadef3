import { blake3 } from '@noble/hashes/blake3.js';
import { createBLAKE3, type IHasher } from 'hash-wasm';
import { utf8 } from './bytes.ts';

/** Bytes of every hash. */
export const HASH_BYTES = 32;

/**
 * Every use of the hash has a domain of its own, so that bytes hashed for one purpose never stand for another.
 * Append only: a name is part of the protocol.
 */
export const HASH_DOMAINS = [
  'genesis',
  'transaction',
  'header',
  'receipt',
  'address',
  'merkle-leaf',
  'merkle-node',
  'merkle-empty',
  'state-key',
  'state-leaf',
  'state-value',
  'state-node',
  'state-empty',
  'commit',
  'validator-set',
  'sign-transaction',
  'sign-proposal',
  'sign-vote',
  'sign-declaration',
  'sign-approval',
  'sign-possession',
  'derive-key',
  'evidence',
] as const;
export type HashDomain = (typeof HASH_DOMAINS)[number];

/**
 * Key of a domain: BLAKE3 `derive_key` of the context string over no key material (BLAKE3 paper, section 2.3).
 */
export function domainKey(domain: HashDomain): Uint8Array {
  return blake3(new Uint8Array(0), { context: utf8(`BIZRA Node-0 v1 ${domain}`) });
}

const hashers = new Map<HashDomain, IHasher>(
  await Promise.all(
    HASH_DOMAINS.map(async (domain): Promise<[HashDomain, IHasher]> => [
      domain,
      await createBLAKE3(HASH_BYTES * 8, domainKey(domain)),
    ]),
  ),
);

/**
 * Most inputs are short: put together here, they enter the hasher by one call. A small array would first have to be
 * moved off the JavaScript heap.
 */
const scratch = new Uint8Array(1024);

/**
 * BLAKE3-256 of the concatenation of `parts` in `keyed_hash` mode under the domain's key.
 *
 * The parts are concatenated as they are: callers give fixed-length parts, or one encoded value last.
 */
export function hash(domain: HashDomain, ...parts: readonly Uint8Array[]): Uint8Array {
  const hasher = hashers.get(domain) as IHasher;
  hasher.init();
  let length = 0;
  for (const part of parts) length += part.length;
  if (length > scratch.length) {
    for (const part of parts) hasher.update(part);
    return hasher.digest('binary');
  }
  let offset = 0;
  for (const part of parts) {
    scratch.set(part, offset);
    offset += part.length;
  }
  return hasher.update(scratch.subarray(0, length)).digest('binary');
}

/**
 * As `hash`, of parts that are made one after the other: what is hashed is never in memory as a whole.
 *
 * @param parts must not hash in the same domain while they are made
 */
export function hashPieces(domain: HashDomain, parts: Iterable<Uint8Array>): Uint8Array {
  const hasher = hashers.get(domain) as IHasher;
  hasher.init();
  for (const part of parts) hasher.update(part);
  return hasher.digest('binary');
}
