import type { Clock, CodedError, Logger, Random, Result, Scheduler } from '#kernel';
import type { Chain } from '#services/block';
import type { Account, StateProof } from '#services/blockchain';
import type { Transaction, TransactionPayload } from '#services/transaction';
import type { RateLimit } from './limits.ts';

/** What the edge needs of the chain of final blocks. */
export type ChainReader = Pick<
  Chain,
  | 'tip'
  | 'block'
  | 'commit'
  | 'header'
  | 'summary'
  | 'blocks'
  | 'validatorSet'
  | 'transaction'
  | 'receipts'
  | 'transactionsOf'
  | 'transactionProof'
  | 'receiptProof'
  | 'onFinalised'
>;

/** An anchored document hash. */
export interface AttestationRecord {
  readonly digest: Uint8Array;
  /** 20-byte address of who anchored it. */
  readonly address: Uint8Array;
  readonly label: string;
  readonly height: number;
  /** Time of the block, Unix milliseconds. */
  readonly timeMs: number;
}

/** What the edge needs of the ledger. */
export interface LedgerReader {
  /** @throws `blockchain.height-not-retained` */
  account(address: Uint8Array, height?: number): Promise<Account | undefined>;
  /** Proof of an entry of the state after `height`. @throws `blockchain.height-not-retained` */
  prove(
    key: Uint8Array,
    height?: number,
  ): Promise<{ readonly height: number; readonly stateRoot: Uint8Array; readonly proof: StateProof }>;
  /** Everybody who anchored the digest. */
  attestations(digest: Uint8Array): Promise<readonly AttestationRecord[]>;
}

/** Forms of the transaction and state contexts that the edge translates with. */
export interface Forms {
  /** JSON form of a transaction: large integers as decimal text, addresses as bech32m. */
  transactionToJson(transaction: Transaction): object;
  /** Encoding of a signed transaction in JSON form; strict. @throws `transaction.*`, `kernel.*` */
  encodeTransactionJson(value: unknown): Uint8Array;
  /** Gas that a transaction with this payload uses. */
  gasOf(payload: TransactionPayload): number;
  /** State key of an account. */
  accountKey(address: Uint8Array): Uint8Array;
}

/** What the edge needs of the mempool. */
export interface MempoolPort {
  /** One result for each input, in order; `source` names who sent them. */
  submit(encoded: readonly Uint8Array[], source: string): Promise<readonly Result<Transaction>[]>;
  lookup(id: string): Transaction | undefined;
  /** The nonce after the sender's pending run, where the mempool can say. */
  nextNonce?(sender: Uint8Array): number | undefined;
  readonly size: number;
  readonly bytes: number;
  pending(
    cursor: string | undefined,
    limit: number,
  ): { readonly items: readonly Transaction[]; readonly next?: string };
  onDropped(listener: (transaction: Transaction, error: CodedError) => void): () => void;
}

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

/** The genesis that the node started from, and what validation said about it. */
export interface GenesisPort {
  readonly document: unknown;
  readonly report: object;
}

/** Whether the node can do its work, and what hinders it. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

/** Everything that the edge is made of. */
export interface GatewayComponents {
  readonly identity: { readonly chainId: string; readonly genesisHash: Uint8Array };
  readonly version: string;
  readonly chain: ChainReader;
  readonly ledger: LedgerReader;
  readonly forms: Forms;
  readonly mempool: MempoolPort;
  readonly peers: PeersPort;
  readonly consensus: ConsensusPort;
  readonly genesis: GenesisPort;
  /** Judges a genesis document of any format; never throws. */
  readonly validateGenesis: (bytes: Uint8Array) => Promise<object>;
  readonly readiness: () => Readiness;
  readonly syncing: () => boolean;
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
}
