/** A lease as its holder knows it. The token is what a write is fenced with. */
export interface Lease {
  readonly name: string;
  /** Grows with every lease of every name that the engine gives, over restarts too. */
  readonly token: number;
}

/** Who has a lease now. */
export interface LeaseState extends Lease {
  readonly holder: string;
  /** Milliseconds until it ends by itself, by the engine's clock. */
  readonly remainingMs: number;
}

export type Acquisition =
  | { readonly kind: 'granted'; readonly lease: Lease }
  | { readonly kind: 'held'; readonly by: LeaseState };

export interface CoordinationRecord {
  readonly value: Uint8Array;
  /** Of the last write of this record; grows with each. */
  readonly revision: number;
}

/** What must hold at the instant of a write. */
export interface Fence {
  readonly lease: Lease;
  /** Revision of the record that the writer has read; 0 when there was none. */
  readonly revision: number;
}

/**
 * Leases, and small records that only the holder of a lease may write. The time of a lease is that of the engine
 * alone: a holder that slept, or whose clock is wrong, finds out at its next write, which changes nothing.
 *
 * Calls take effect one after the other, each at one instant between call and answer. A call that fails in another
 * way than by the codes below may have taken effect.
 *
 * What etcd gives under the same contract: a lease is a key that is created in a transaction when it is absent, bound
 * to an etcd lease, with its create revision as the token; a fenced write is a transaction that compares that create
 * revision and the record's modification revision.
 */
export interface CoordinationEngine {
  /**
   * Takes the lease when nobody has it, it has ended, or `holder` has it already: that one gets a new token, and the
   * old one is void (a process that was started again need not wait for what it left behind).
   *
   * @param name,holder 1 to 256 bytes
   * @param ttlMs 100 to 3,600,000
   * @throws `engine.coordination.out-of-bounds`, `.too-many`, `.closed`, `.failed`
   */
  acquire(name: string, holder: string, ttlMs: number): Promise<Acquisition>;
  /**
   * Lets the lease's time begin anew.
   *
   * @throws `engine.coordination.lease-lost`, `.closed`, `.failed`
   */
  renew(lease: Lease): Promise<void>;
  /** Ends the lease; nothing happens when it is over already. */
  release(lease: Lease): Promise<void>;
  /** Who has the lease; undefined when nobody has. */
  holder(name: string): Promise<LeaseState | undefined>;
  /** @param key 1 to 256 bytes */
  get(key: string): Promise<CoordinationRecord | undefined>;
  /**
   * Writes a record when the fence holds. Power loss cannot undo it once this returns.
   *
   * @param value at most 4,096 bytes
   * @returns the record's new revision
   * @throws `engine.coordination.lease-lost`, `.revision-conflict`, `.out-of-bounds`, `.too-many`, `.closed`, `.failed`
   */
  put(key: string, value: Uint8Array, fence: Fence): Promise<number>;
  /** Waits for what is under way, then closes. May be called again. */
  close(): Promise<void>;
}
