import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import type { Ed25519PrivateKey, Libp2p } from '@libp2p/interface';
import { tcp } from '@libp2p/tcp';
import { tls } from '@libp2p/tls';
import { createLibp2p } from 'libp2p';
import { networkError } from './errors.ts';
import type { PeerId } from './face.ts';
import { PENDING_CONNECTIONS_MAX } from './limits.ts';

export interface Libp2pOptions {
  readonly key: Ed25519PrivateKey;
  readonly listen: readonly string[];
  readonly maxPeers: number;
  /** Peers that may not connect, decided as soon as their identity is proven. */
  readonly isRefused: (peer: PeerId) => boolean;
}

export type OpenLibp2p = (options: Libp2pOptions) => Promise<Libp2p>;

/**
 * Starts libp2p: TCP, TLS 1.3 first and Noise second, Yamux.
 *
 * @throws `network.listen-failed`
 */
export async function openLibp2p({ key, listen, maxPeers, isRefused }: Libp2pOptions): Promise<Libp2p> {
  try {
    return await createLibp2p({
      privateKey: key,
      addresses: { listen: [...listen] },
      transports: [tcp()],
      connectionEncrypters: [tls(), noise()],
      streamMuxers: [yamux()],
      connectionManager: {
        maxConnections: 2 * maxPeers,
        inboundConnectionThreshold: Infinity,
        maxIncomingPendingConnections: PENDING_CONNECTIONS_MAX,
      },
      // A node under load answers pings late; a dead one is noticed when nothing can be sent to it.
      connectionMonitor: { abortConnectionOnPingFailure: false },
      connectionGater: {
        denyDialMultiaddr: () => false,
        denyInboundEncryptedConnection: (peer) => isRefused(peer.toString()),
        denyOutboundEncryptedConnection: (peer) => isRefused(peer.toString()),
      },
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw networkError(
      'listen-failed',
      `cannot listen on ${listen.join(', ')}: ${reason}; free the port or choose another`,
      {},
      { cause },
    );
  }
}
