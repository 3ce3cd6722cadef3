import { isCodedError } from '#kernel';
import { LIGHT_BYTES_MAX, LIGHT_PROTOCOL, lightPartsCodec, lightRequestCodec } from '#services/block';
import type { PeerId, Transport } from '#services/network';
import type { ChainIdentity } from '#services/transaction';
import { makeLightBlock } from '../domain/light-block.ts';
import { lightError } from '../errors.ts';
import type { LightBlockSource } from '../ports.ts';

const LIGHT_TIMEOUT_MS = 5_000;

/** A peer as a source of light blocks. */
export function peerSource(transport: Transport, peer: PeerId, identity: ChainIdentity): LightBlockSource {
  const options = { timeoutMs: LIGHT_TIMEOUT_MS, maxResponseBytes: LIGHT_BYTES_MAX };
  return {
    name: peer,
    async lightBlock(height) {
      const body = lightRequestCodec.encode({ height: height === 'latest' ? 0 : height });
      const answer = await transport.request(peer, LIGHT_PROTOCOL, body, options).catch((error: unknown) => {
        if (!isCodedError(error)) throw error;
        throw lightError('not-available', `${peer} did not answer: ${error.message}`, {}, { cause: error });
      });
      if (answer.length === 0) throw lightError('not-available', `${peer} has no height ${height}`);
      const block = makeLightBlock(partsOf(answer), identity);
      if (!block.ok) throw block.error;
      return block.value;
    },
  };
}

function partsOf(answer: Uint8Array) {
  try {
    return lightPartsCodec.decode(answer);
  } catch (error) {
    if (!isCodedError(error)) throw error;
    throw lightError('malformed-answer', error.message);
  }
}
