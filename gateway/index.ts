export { buildGateway } from './build-gateway.ts';
export type { RateLimit } from './limits.ts';
export type {
  ChainReader,
  ConsensusPort,
  ConsensusView,
  GatewayComponents,
  GenesisPort,
  LedgerReader,
  MempoolPort,
  PeersPort,
  PeerView,
  Readiness,
} from './ports.ts';
