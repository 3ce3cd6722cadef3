import { toHex, type Clock } from '#kernel';
import type { ConsensusEvent } from '#services/consensus';
import type { ValidatorSet } from '#services/validator';

/** Epochs that are remembered. */
const EPOCHS_KEPT = 64;

interface Height {
  readonly validators: ValidatorSet;
  readonly epoch: number;
  /** Arrivals of the proposals, by block hash. */
  readonly proposals: Map<string, number>;
}

/** What this node saw of one validator in an epoch. */
export interface CommitLatency {
  /** Mean milliseconds from the proposal's arrival here to that of the precommit for it. */
  readonly meanMs: number;
  readonly precommits: number;
}

export interface CommitLatencyComponents {
  readonly onEvent: (listener: (event: ConsensusEvent) => void) => () => void;
  /** The height after the tip, its validators, and the epoch in progress. */
  readonly current: () => {
    readonly height: number;
    readonly validators: ValidatorSet;
    readonly epoch: number;
  };
  readonly clock: Pick<Clock, 'monotonic'>;
}

/**
 * How long precommits take, by validator and epoch: telemetry of this node since its start, no fact of the chain.
 * Those count that come while their height or the next one is in progress (CONS-17); one slower still is not seen.
 */
export class CommitLatencies {
  readonly #components: CommitLatencyComponents;
  readonly #unsubscribe: () => void;
  /** By epoch, then by operator in hex. */
  readonly #sums = new Map<number, Map<string, { totalMs: number; precommits: number }>>();
  /** The height in progress and the one before it. */
  readonly #heights = new Map<number, Height>();

  constructor(components: CommitLatencyComponents) {
    this.#components = components;
    this.#unsubscribe = components.onEvent((event) => this.#observe(event));
  }

  stop(): void {
    this.#unsubscribe();
  }

  /** Undefined when no precommit of the validator was seen in the epoch. */
  of(operator: Uint8Array, epoch: number): CommitLatency | undefined {
    const sum = this.#sums.get(epoch)?.get(toHex(operator));
    return sum && { meanMs: sum.totalMs / sum.precommits, precommits: sum.precommits };
  }

  #observe(event: ConsensusEvent): void {
    if (event.kind !== 'proposal' && event.kind !== 'vote') return;
    const { height, blockHash } = event;
    const nowMs = this.#components.clock.monotonic();
    const known = this.#heightOf(height);
    if (known === undefined || blockHash === undefined) return;
    const { validators, epoch, proposals } = known;
    const proposedMs = proposals.get(blockHash);
    if (event.kind === 'proposal') {
      if (proposedMs === undefined) proposals.set(blockHash, nowMs);
      return;
    }
    const operator = validators.validators[event.validatorIndex]?.operator;
    if (event.vote !== 'precommit' || proposedMs === undefined || operator === undefined) return;
    this.#add(toHex(operator), epoch, nowMs - proposedMs);
  }

  /** Undefined for a height that is neither in progress nor the one before. */
  #heightOf(height: number): Height | undefined {
    const { height: next, validators, epoch } = this.#components.current();
    if (height === next && !this.#heights.has(height)) {
      this.#heights.set(height, { validators, epoch, proposals: new Map() });
      for (const old of this.#heights.keys()) if (old < height - 1) this.#heights.delete(old);
    }
    return this.#heights.get(height);
  }

  #add(operator: string, epoch: number, latencyMs: number): void {
    const ofEpoch = this.#sums.get(epoch) ?? new Map<string, { totalMs: number; precommits: number }>();
    if (!this.#sums.has(epoch)) {
      this.#sums.set(epoch, ofEpoch);
      // Epochs come in order: the first is the oldest.
      const [oldest] = this.#sums.keys();
      if (this.#sums.size > EPOCHS_KEPT && oldest !== undefined) this.#sums.delete(oldest);
    }
    const sum = ofEpoch.get(operator) ?? { totalMs: 0, precommits: 0 };
    ofEpoch.set(operator, { totalMs: sum.totalMs + latencyMs, precommits: sum.precommits + 1 });
  }
}
