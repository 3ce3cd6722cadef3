import { commitCodec, encodeBlock, type Commit } from '#services/block';
import type { ByzantineTools } from './behaviour.ts';
import { withHeader } from './speech.ts';

/** Bytes of a status message: height and earliest height. */
export const STATUS_BYTES = 16;
const BLOCKS_PROTOCOL = '/bizra/blocks/1';

/**
 * An answer to a request for final blocks whose first block nobody decided: a real block with another header, or
 * one of its own making, under a commit that proves nothing.
 */
export async function forgedRange(
  tools: ByzantineTools,
  protocol: string,
  request: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (protocol !== BLOCKS_PROTOCOL || request.length < 8) return undefined;
  const { chain, random } = tools;
  const { height, validators, blockTimeMs } = chain.tip();
  const from = Number(new DataView(request.buffer, request.byteOffset).getBigUint64(0, true));
  const [block, commit] =
    from <= height
      ? await Promise.all([chain.block(from), chain.commit(from)])
      : [
          await chain.assemble({
            round: 0,
            timeMs: blockTimeMs + 1,
            proposer: validators.validators[0]?.address ?? new Uint8Array(20),
            lastCommit: undefined,
            transactions: [],
          }),
          undefined,
        ];
  if (block === undefined) return undefined;
  const forged = withHeader(block, { timeMs: block.header.timeMs + 1 });
  const signatures = validators.validators.map((_, index) =>
    random.chance(0.8) ? (commit?.signatures[index] ?? random.bytes(64)) : undefined,
  );
  const proof: Commit = { height: from, round: commit?.round ?? 0, blockHash: forged.hash, signatures };
  return response(encodeBlock(forged), commitCodec.encode(proof));
}

/** One block and its commit as a range response: an SSZ list of one container of two byte lists. */
function response(block: Uint8Array, commit: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + block.length + commit.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 4, true);
  view.setUint32(4, 8, true);
  view.setUint32(8, 8 + block.length, true);
  bytes.set(block, 12);
  bytes.set(commit, 12 + block.length);
  return bytes;
}
