import type { Hello } from '#services/network';
import { VERSION } from '../version.ts';

/** Version of what nodes and signers say to each other. */
const SIGNER_PROTOCOL_VERSION = 1;
/** In the place of the chain's id: whoever takes a signer for a peer of the network, or the other way, parts at once. */
const SIGNER_CHANNEL = 'node0/signer';

/** What a node and its signer say first. They part when they are of different chains, and both say why. */
export function signerHello(role: 'node' | 'signer', genesisHash: Uint8Array): Hello {
  return {
    protocolVersion: SIGNER_PROTOCOL_VERSION,
    chainId: SIGNER_CHANNEL,
    genesisHash,
    role,
    agent: `node0/${VERSION}`,
    height: 0,
  };
}
