import type { Clock, Logger } from '#kernel';
import type { Step, TimeoutKind } from '../domain/types.ts';
import type { ConsensusEvent, ConsensusStatistics } from '../face.ts';

/** What is counted here; the rest of the statistics are sizes. */
type Counted = Omit<ConsensusStatistics, 'waiting' | 'early' | 'proposalBytes' | 'kept'>;
type Counter = {
  [Name in keyof Counted]: Counted[Name] extends number ? Name : never;
}[keyof Counted];

const zeroTimeouts = { 'empty-block': 0, propose: 0, prevote: 0, precommit: 0 };
const zeroSteps = { waiting: 0, propose: 0, prevote: 0, precommit: 0, decided: 0 };
const zeroCounters: Record<Counter, number> = {
  heights: 0,
  rounds: 0,
  votesReceived: 0,
  votesDropped: 0,
  proposalsReceived: 0,
  proposalsDropped: 0,
  proposalsMade: 0,
  proposalsMissed: 0,
  proposalsUntimely: 0,
  transactionsFetched: 0,
  messagesRelayed: 0,
  equivocations: 0,
  signRefusals: 0,
};

/** Counts and tells what happens. A listener that throws harms nobody else. */
export class Telemetry {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #listeners = new Set<(event: ConsensusEvent) => void>();
  readonly #counters = { ...zeroCounters };
  readonly #timeouts: Record<TimeoutKind, number> = { ...zeroTimeouts };
  readonly #stepMs: Record<Step, number> = { ...zeroSteps };
  #step: Step | undefined;
  #stepSinceMs = 0;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  count(counter: Counter, by = 1): void {
    this.#counters[counter] += by;
  }

  emit(event: ConsensusEvent): void {
    this.#observe(event);
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#logger.error({ error, event: event.kind }, 'a listener of consensus events failed');
      }
    }
  }

  onEvent(listener: (event: ConsensusEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  statistics(): Counted {
    return { ...this.#counters, timeouts: { ...this.#timeouts }, stepMs: { ...this.#stepMs } };
  }

  #observe(event: ConsensusEvent): void {
    switch (event.kind) {
      case 'entered': {
        const now = this.#clock.monotonic();
        if (this.#step !== undefined) this.#stepMs[this.#step] += now - this.#stepSinceMs;
        this.#step = event.step;
        this.#stepSinceMs = now;
        if (event.step === 'propose') this.count('rounds');
        return;
      }
      case 'timeout':
        this.#timeouts[event.timeout] += 1;
        return;
      case 'proposal':
        if (!event.timely) this.count('proposalsUntimely');
        return;
      case 'equivocation':
        return this.count('equivocations');
      case 'sign-refused':
        return this.count('signRefusals');
      case 'finalised':
        return this.count('heights');
      default:
        return;
    }
  }
}
