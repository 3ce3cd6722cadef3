export type {
  Channel,
  GreetingEvent,
  Hello,
  Network,
  NetworkComponents,
  NetworkInit,
  NetworkStatistics,
  Offence,
  PeerEvent,
  PeerId,
  PeerInfo,
  RequestOptions,
  Transport,
} from './face.ts';
export type { NetworkLimits } from './limits.ts';
export type { Libp2pOptions, OpenLibp2p } from './open-libp2p.ts';
export { createNetwork, peerIdOfSeed } from './network.ts';
export { peerIdOfAddress } from './peer-address.ts';
