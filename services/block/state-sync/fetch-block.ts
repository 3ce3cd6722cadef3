import { equalBytes, isCodedError } from '#kernel';
import type { PeerId, Transport } from '#services/network';
import type { ChainIdentity } from '#services/transaction';
import { decodeBlock } from '../domain/decode-block.ts';
import type { Block } from '../domain/types.ts';
import { verifyContent } from '../domain/verify-header.ts';
import { blockError } from '../errors.ts';
import { RANGE_BYTES_MAX } from '../limits.ts';
import { BLOCKS_PROTOCOL, rangeRequestCodec, rangeResponseCodec } from '../sync/messages.ts';
import type { VerifiedHeader } from './ports.ts';

/**
 * SYNC-4: the block of a verified header, from the first peer that has it: its hash is the header's, and its content
 * is what the header names.
 *
 * @throws `block.no-snapshot` when no peer has it
 */
export async function fetchBlock(
  verified: VerifiedHeader,
  components: {
    transport: Transport;
    identity: ChainIdentity;
    timeoutMs: number;
    signal: AbortSignal;
  },
): Promise<Block> {
  const { transport, identity, timeoutMs, signal } = components;
  const { height } = verified.header;
  const body = rangeRequestCodec.encode({ from: height, count: 1, maxBytes: 0 });
  for (const { id } of transport.peers()) {
    try {
      const options = { timeoutMs, maxResponseBytes: RANGE_BYTES_MAX, signal };
      return openBlock(await transport.request(id, BLOCKS_PROTOCOL, body, options), verified, identity);
    } catch (error) {
      if (!isCodedError(error)) throw error;
      blame(transport, id, error);
    }
  }
  throw blockError('no-snapshot', `no peer has the block of height ${height}`, { height });
}

function openBlock(response: Uint8Array, { hash, header }: VerifiedHeader, identity: ChainIdentity): Block {
  const [found] = rangeResponseCodec.decode(response);
  if (found === undefined) throw blockError('not-retained', 'the peer has no such block');
  const block = decodeBlock(found.block, identity);
  if (!equalBytes(block.hash, hash)) {
    throw blockError('wrong-hash', `another block than the verified one of height ${header.height}`);
  }
  const content = verifyContent(block);
  if (!content.ok) throw content.error;
  return block;
}

function blame(transport: Transport, peer: PeerId, error: { action: string; message: string }): void {
  if (error.action === 'penalise') transport.report(peer, 'invalid', error.message);
}
