import { toHex } from '#kernel';
import { commitToJson, headerToJson } from '../json/chain-json.ts';
import type { ChainReader } from '../ports.ts';
import type { SignedHeaderJson } from '../schemas/blocks.ts';

/** The final header of a height with its commit; undefined when the height is not final or not kept. */
export async function signedHeader(
  chain: ChainReader,
  height: number,
): Promise<SignedHeaderJson | undefined> {
  const [header, commit] = await Promise.all([chain.header(height), chain.commit(height)]);
  if (header === undefined || commit === undefined) return undefined;
  return {
    header: headerToJson(header),
    blockHash: toHex(commit.blockHash),
    commit: commitToJson(commit),
  };
}
