import type { CodedError, Clock, Logger, Scheduler, SignatureVerifier } from '#kernel';
import type { PeerId, Transport } from '#services/network';
import type { ChainIdentity } from '#services/transaction';
import type { Chain } from '../chain/face.ts';
import type { SyncLimits } from '../limits.ts';

/** What block sync needs of the chain. */
export type SyncChain = Pick<
  Chain,
  'tip' | 'finalise' | 'finaliseRun' | 'onFinalised' | 'encodedBlock' | 'commit' | 'earliest'
>;

export interface BlockSyncComponents {
  readonly identity: ChainIdentity;
  readonly transport: Transport;
  readonly chain: SyncChain;
  readonly verifier: Pick<SignatureVerifier, 'verify'>;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** Hears each height that a peer claims, e.g. to show it. */
  readonly onPeerHeight?: (peer: PeerId, height: number) => void;
  /** Hears the error after which the chain has stopped: the node must end. */
  readonly onFatal?: (error: CodedError | Error) => void;
  /** Whether the state after a height is needed, be it far behind: a snapshot is made of it. */
  readonly needsState?: (height: number) => boolean;
  readonly limits?: Partial<SyncLimits>;
}
