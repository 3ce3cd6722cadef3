export { buildGateway } from './build-gateway.ts';
export { gatewayError } from './errors.ts';
export { LIMITS as GATEWAY_LIMITS, type RateLimit } from './limits.ts';
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
