import type { Clock, CodedError, Logger, Random, Scheduler, SignatureVerifier } from '#kernel';
import type { Block, Chain, VoteKind } from '#services/block';
import type { EvidencePool } from './evidence/evidence-pool.ts';
import type { PeerId, Transport } from '#services/network';
import type { ChainIdentity, Transaction } from '#services/transaction';
import type { Step, TimeoutKind } from './domain/types.ts';
import type { ConsensusSigner } from './signer.ts';
import type { LogDirectory } from './store/log-directory.ts';
import type { SignedVote } from './wire/messages.ts';

export interface ConsensusInit {
  readonly identity: ChainIdentity;
  /** Where the write-ahead log lives; unused by an observer. */
  readonly directory: LogDirectory;
  /** Size from which a log segment is replaced by a new one when a height begins. */
  readonly logSegmentBytes?: number;
  /** Absent: an observer, which follows and finalises and never votes. */
  readonly key?: ConsensusSigner;
}

/** What consensus asks of the mempool. */
export interface ProposalSource {
  select(limits: { maxBytes: number; maxGas: number; maxCount: number }): Transaction[];
  lookup(id: string): Transaction | undefined;
  hasSelectable(): boolean;
  onAvailable(listener: () => void): () => void;
}

/** Fetches transactions from a peer; they come decoded, matching the ids, and with verified signatures. */
export interface TransactionSource {
  fetch(peer: PeerId, ids: readonly string[]): Promise<readonly Transaction[]>;
}

/** What consensus asks of the chain. */
export type ConsensusChain = Pick<Chain, 'tip' | 'assemble' | 'validate' | 'finalise' | 'onFinalised'>;

export interface ConsensusComponents {
  readonly chain: ConsensusChain;
  readonly transport: Transport;
  readonly mempool: ProposalSource;
  readonly fetch: TransactionSource;
  /** Takes what contradicts itself and gives what waits for a block; without it evidence is only told. */
  readonly evidence?: Pick<EvidencePool, 'report' | 'settled' | 'pending'>;
  /** The block of the bytes of `encodeBlock`, in place of the protocol's own decoder. */
  readonly decodeBlock?: (bytes: Uint8Array) => Block;
  readonly verifier: Pick<SignatureVerifier, 'verify'>;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly logger: Logger;
}

export interface ConsensusStatus {
  readonly height: number;
  readonly round: number;
  readonly step: Step;
  /** 20-byte address of the round's proposer; absent before the first height starts. */
  readonly proposer?: Uint8Array;
  /** This node's index in the height's set; absent when it is not in it. */
  readonly validatorIndex?: number;
  /** Connected peers whose last round state was of this height. */
  readonly peersAtHeight: number;
  /** Power that prevoted and precommitted in this round, and the power of the set. */
  readonly prevotePower: number;
  readonly precommitPower: number;
  readonly totalPower: number;
  readonly paused: boolean;
  /** Set when consensus stopped because going on would not be safe. */
  readonly fatal?: CodedError;
}

export interface ConsensusStatistics {
  readonly heights: number;
  readonly rounds: number;
  readonly timeouts: Readonly<Record<TimeoutKind, number>>;
  readonly votesReceived: number;
  readonly votesDropped: number;
  readonly proposalsReceived: number;
  readonly proposalsDropped: number;
  readonly proposalsMade: number;
  /** Rounds whose proposal did not come in time. */
  readonly proposalsMissed: number;
  readonly proposalsUntimely: number;
  readonly transactionsFetched: number;
  readonly messagesRelayed: number;
  /** Messages and results that wait for the core now, and messages of the next height that are kept. */
  readonly waiting: number;
  readonly early: number;
  /** Bytes on the wire of the proposals among both. */
  readonly proposalBytes: number;
  /** Votes and proposals that are kept of the height in progress, and of the one before. */
  readonly kept: number;
  readonly equivocations: number;
  readonly signRefusals: number;
  /** Milliseconds spent in each step, summed. */
  readonly stepMs: Readonly<Record<Step, number>>;
}

/** What happens, for telemetry and live views. Best effort, never a source of truth. */
export type ConsensusEvent =
  | { readonly kind: 'entered'; readonly height: number; readonly round: number; readonly step: Step }
  | {
      readonly kind: 'vote';
      readonly height: number;
      readonly round: number;
      readonly vote: VoteKind;
      readonly validatorIndex: number;
      readonly blockHash: string | undefined;
    }
  | {
      readonly kind: 'proposal';
      readonly height: number;
      readonly round: number;
      readonly proposerIndex: number;
      readonly blockHash: string;
      readonly transactions: number;
      readonly timely: boolean;
    }
  | {
      readonly kind: 'invalid-proposal';
      readonly height: number;
      readonly round: number;
      readonly blockHash: string;
      readonly error: CodedError;
    }
  | {
      readonly kind: 'timeout';
      readonly height: number;
      readonly round: number;
      readonly timeout: TimeoutKind;
    }
  | {
      readonly kind: 'equivocation';
      readonly height: number;
      readonly validator: Uint8Array;
      readonly first: SignedVote;
      readonly second: SignedVote;
    }
  | {
      readonly kind: 'sign-refused';
      readonly height: number;
      readonly round: number;
      readonly error: CodedError;
    }
  /** `durationMs` from the start of the height to its finalisation. */
  | {
      readonly kind: 'finalised';
      readonly height: number;
      readonly round: number;
      readonly blockHash: string;
      readonly transactions: number;
      readonly durationMs: number;
    };

export interface Consensus {
  /**
   * Replays the log and begins the height after the tip.
   *
   * @throws `consensus.log-corrupt`, `consensus.storage-failed`
   */
  start(): Promise<void>;
  /** Finishes what it is writing, then says nothing more. */
  stop(): Promise<void>;
  /** Takes no part while block sync runs; `resume` goes on from the chain's tip. */
  pause(): void;
  resume(): void;
  /**
   * A transaction of a block that is proposed, or was decided last: peers that complete a proposal ask for it
   * when it has left the mempool. Id in lower-case hex.
   */
  transaction(id: string): Transaction | undefined;
  status(): ConsensusStatus;
  statistics(): ConsensusStatistics;
  onEvent(listener: (event: ConsensusEvent) => void): () => void;
  /** Called once when consensus stops for good; the node must exit. */
  onFatal(listener: (error: CodedError) => void): () => void;
}
