import type { StateEngine } from '#engines/state';
import type { Clock, Logger, Scheduler, SignatureVerifier } from '#kernel';
import type { Transport } from '#services/network';
import type { ChainIdentity } from '#services/transaction';
import type { ValidatorSet } from '#services/validator';
import type { Commit, Header } from '../domain/types.ts';
import type { StateSyncLimits } from '../limits.ts';

/** A header that a light client has verified. */
export interface VerifiedHeader {
  readonly hash: Uint8Array;
  readonly header: Header;
  readonly commit: Commit;
  readonly validators: ValidatorSet;
}

/** SYNC-1: what state sync believes headers by: a light client over the peers. */
export interface HeaderVerifier {
  /** @throws a coded error when the header cannot be had or proven now */
  verifiedAt(height: number): Promise<VerifiedHeader>;
}

export interface StateSyncComponents {
  readonly identity: ChainIdentity;
  readonly engine: StateEngine;
  readonly transport: Transport;
  readonly headers: HeaderVerifier;
  readonly verifier: Pick<SignatureVerifier, 'verify'>;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly limits?: Partial<StateSyncLimits>;
}
