import { isCodedError } from '#kernel';
import { verifyStateProof } from '#services/blockchain/portable';
import { lightError } from '../errors.ts';
import type { JsonReader } from '../rest/json-reader.ts';
import type { LightClient } from '../verification/light-client.ts';

/** What is proven of a state key after a height. */
export interface ProvenValue {
  /** Undefined when it is proven that there is none. */
  readonly value: Uint8Array | undefined;
  /** The state is that after this height; its root is in the next header. */
  readonly height: number;
}

/**
 * LIGHT-15: a value, or its absence, proven under the state root of a verified header. The key is made here of what
 * was asked, never taken from the answer; header and commit in the answer are not looked at.
 *
 * @param wantedHeight when given, the answer must be of it
 * @throws `light.wrong-proof`, `light.malformed-answer`, and what verifying the header throws
 */
export async function checkStateProof(
  client: LightClient,
  key: Uint8Array,
  proof: JsonReader,
  wantedHeight?: number,
): Promise<ProvenValue> {
  const height = proof.member('stateHeight').count();
  const wrong = (what: string) =>
    lightError('wrong-proof', `the proof of height ${height} ${what}`, { height });
  if (wantedHeight !== undefined && height !== wantedHeight) throw wrong(`is not of height ${wantedHeight}`);
  const given = proof.member('value');
  const value = given.isNull ? undefined : given.bytes();
  const path = proof.member('path').bytes();
  const { header } = await client.verifiedAt(height + 1);
  let holds: boolean;
  try {
    holds = verifyStateProof(header.stateRoot, { key, path, ...(value === undefined ? {} : { value }) });
  } catch (error) {
    if (!isCodedError(error)) throw error;
    throw wrong(`cannot be read: ${error.message}`);
  }
  if (!holds) throw wrong('does not lead to the state root of the verified header');
  return { value, height };
}
