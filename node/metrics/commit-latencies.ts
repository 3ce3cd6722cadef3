import { toHex, type Clock } from '#kernel';
import type { ConsensusEvent } from '#services/consensus';
import type { ValidatorSet } from '#services/validator';

/** Epochs that are remembered. */
const EPOCHS_KEPT = 64;

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
 * How long precommits take, by validator and epoch: telemetry of this node since its start, no fact of the chain. What
 * comes after a height is final is not seen, so a slow validator has fewer precommits rather than a larger mean.
 */
export class CommitLatencies {
  readonly #components: CommitLatencyComponents;
  readonly #unsubscribe: () => void;
  /** By epoch, then by operator in hex. */
  readonly #sums = new Map<number, Map<string, { totalMs: number; precommits: number }>>();
  /** Arrivals of the proposals of one height, by block hash. */
  #proposals = new Map<string, number>();
  #height = 0;

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
    const nowMs = this.#components.clock.monotonic();
    if (event.height !== this.#height) {
      this.#height = event.height;
      this.#proposals = new Map();
    }
    if (event.kind === 'proposal') {
      if (!this.#proposals.has(event.blockHash)) this.#proposals.set(event.blockHash, nowMs);
      return;
    }
    const { vote, blockHash, validatorIndex, height } = event;
    if (vote !== 'precommit' || blockHash === undefined) return;
    const proposedMs = this.#proposals.get(blockHash);
    const { validators, epoch, height: next } = this.#components.current();
    const operator = height === next ? validators.validators[validatorIndex]?.operator : undefined;
    if (proposedMs !== undefined && operator !== undefined)
      this.#add(toHex(operator), epoch, nowMs - proposedMs);
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
