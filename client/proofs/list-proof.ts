import { HASH_BYTES, verifyListProof } from '#kernel';
import { lightError } from '../errors.ts';
import type { JsonReader } from '../rest/json-reader.ts';

/** Levels of a list of 65,536 items, and room. */
const LEVELS_MAX = 32;

/**
 * LIGHT-16: an item proven to stand in the list under a root. Its place is not proven: the root does not fix how
 * many items there are, so a proof with another place and count may lead to it as well.
 *
 * @throws `light.wrong-proof`, `light.malformed-answer`
 */
export function checkListProof(root: Uint8Array, proof: JsonReader, what: string): Uint8Array {
  const item = proof.member('item').bytes();
  const path = proof
    .member('path')
    .items(LEVELS_MAX)
    .map((sibling) => sibling.bytes(HASH_BYTES));
  const place = { index: proof.member('index').count(), total: proof.member('total').count(), path };
  if (verifyListProof(root, item, place)) return item;
  throw lightError('wrong-proof', `the proof of ${what} does not lead to the root of the verified header`);
}
