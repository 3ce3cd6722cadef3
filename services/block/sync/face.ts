/** Catches up with the peers' final blocks. */
export interface BlockSync {
  start(): void;
  stop(): Promise<void>;
  /** Greatest height that a connected peer claims; the tip's when nobody is ahead. A claim, not a fact. */
  target(): number;
  /** `target()` less the tip's height. */
  behind(): number;
  /** True from two heights behind until caught up: consensus pauses meanwhile. */
  readonly syncing: boolean;
  onStateChange(listener: (syncing: boolean) => void): () => void;
  /** Fires each time that the last known target is reached. */
  onCaughtUp(listener: (height: number) => void): () => void;
  statistics(): BlockSyncStatistics;
}

export interface BlockSyncStatistics {
  readonly blocksFinalised: number;
  readonly requestsSent: number;
  readonly requestsFailed: number;
  readonly bytesReceived: number;
  readonly blocksServed: number;
  readonly peersReported: number;
}
