import type { Clock, Logger, Random, Result, Scheduler } from '#kernel';
import type { Chain, Evidence } from '#services/block';
import type { Ledger, Snapshots } from '#services/blockchain';
import type { ChainIdentity, Mempool } from '#services/transaction';
import type { RateLimit } from './limits.ts';

/** What the edge needs of the chain of final blocks. */
export type ChainReader = Pick<
  Chain,
  | 'tip'
  | 'block'
  | 'commit'
  | 'header'
  | 'blocks'
  | 'validatorSet'
  | 'transaction'
  | 'receipts'
  | 'events'
  | 'transactionsOf'
  | 'evidence'
  | 'evidences'
  | 'transactionProof'
  | 'receiptProof'
  | 'onFinalised'
>;

/** What the edge needs of the ledger. */
export type LedgerReader = Pick<
  Ledger,
  'tip' | 'account' | 'prove' | 'attestations' | 'validators' | 'offences' | 'stake'
>;

/** What the edge shows of snapshots. */
export type SnapshotsReader = Pick<Snapshots, 'list'>;

/** What the edge needs of the mempool. */
export type MempoolPort = Pick<
  Mempool,
  'submit' | 'lookup' | 'size' | 'bytes' | 'pending' | 'nextNonce' | 'onDropped'
>;

/** A connected peer; a superset is fine. */
export interface PeerView {
  readonly id: string;
  readonly address: string;
  readonly direction: 'inbound' | 'outbound';
  readonly role: string;
  readonly agent: string;
  readonly height: number;
  readonly score: number;
  readonly connectedAtMs: number;
  readonly latencyMs?: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface PeersPort {
  readonly self: string;
  peers(): readonly PeerView[];
  onPeer(
    listener: (event: {
      readonly kind: 'connected' | 'disconnected';
      readonly peer: string;
      readonly reason?: string;
    }) => void,
  ): () => void;
}

/** Where consensus stands; members beyond these are shown as they are. */
export interface ConsensusView {
  readonly height: number;
  readonly round: number;
  readonly step: string;
}

export interface ConsensusPort {
  status(): ConsensusView;
  /** Telemetry: best effort, never a source of truth. */
  onEvent(listener: (event: object) => void): () => void;
}

/** Takes encoded evidence of misbehaviour. */
export interface EvidencePort {
  submit(bytes: Uint8Array): Promise<Result<Evidence>>;
}

/** The genesis that the node started from, and what validation said about it. */
export interface GenesisPort {
  readonly report: object;
  /** The approvals under which the node started; null for a genesis that nobody had to approve. */
  readonly seal: object | null;
  /** Size of the document, in bytes. */
  readonly bytes: number;
  /** The document as the JSON text that it is, piece by piece. Throws when it is not there any more. */
  stream(): Promise<AsyncIterable<Uint8Array>>;
}

/** Whether the node can do its work, and what hinders it. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

/** Everything that the edge is made of. */
export interface GatewayComponents {
  readonly identity: ChainIdentity;
  readonly version: string;
  readonly chain: ChainReader;
  readonly ledger: LedgerReader;
  /** Absent: the node has none. */
  readonly snapshots?: SnapshotsReader;
  readonly mempool: MempoolPort;
  readonly peers: PeersPort;
  readonly consensus: ConsensusPort;
  /** Absent: nothing can be handed in. */
  readonly evidence?: EvidencePort;
  readonly genesis: GenesisPort;
  /** Judges a genesis document of any format. Throws a coded error when it takes too much. */
  readonly validateGenesis: (bytes: Uint8Array) => Promise<object>;
  readonly readiness: () => Readiness;
  readonly syncing: () => boolean;
  /** What this node saw of a validator's precommits in an epoch; absent: it does not watch. */
  readonly commitLatency?: (
    operator: Uint8Array,
    epoch: number,
  ) => { readonly meanMs: number; readonly precommits: number } | undefined;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly logger: Logger;
  /** True when the edge listens beyond loopback: then only reading and signed transactions are open. */
  readonly publicExposure: boolean;
  /** Origins, besides the own one, whose pages may open a stream. */
  readonly allowedOrigins?: readonly string[];
  readonly rateLimit?: RateLimit;
  /** Addresses or networks of proxies whose `x-forwarded-for` names the client. */
  readonly trustedProxies?: readonly string[];
}
