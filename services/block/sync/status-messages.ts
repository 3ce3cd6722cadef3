import type { Cancellable, Clock, Scheduler } from '#kernel';
import type { PeerId, Transport } from '#services/network';
import type { SyncLimits } from '../limits.ts';
import { statusCodec } from './messages.ts';
import type { SyncChain } from './ports.ts';

/**
 * Tells the peers the tip's height: on connection, after final blocks at a bounded rate, and in quiet times.
 */
export class StatusMessages {
  readonly #transport: Transport;
  readonly #chain: SyncChain;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #limits: SyncLimits;
  #timer: Cancellable | undefined;
  #dueMs = 0;
  #sentMs = Number.NEGATIVE_INFINITY;

  constructor(components: {
    transport: Transport;
    chain: SyncChain;
    clock: Clock;
    scheduler: Scheduler;
    limits: SyncLimits;
  }) {
    this.#transport = components.transport;
    this.#chain = components.chain;
    this.#clock = components.clock;
    this.#scheduler = components.scheduler;
    this.#limits = components.limits;
  }

  sendTo(peer: PeerId): void {
    this.#transport.send(peer, 'status', this.#message());
  }

  /** The tip moved: tells all, or will when the interval since the last message has passed. */
  announce(): void {
    const wait = this.#sentMs + this.#limits.statusIntervalMs - this.#clock.monotonic();
    if (wait <= 0) this.#broadcast();
    else this.#schedule(wait);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #broadcast(): void {
    this.#sentMs = this.#clock.monotonic();
    this.#transport.broadcast('status', this.#message());
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#schedule(this.#limits.statusRepeatMs);
  }

  #schedule(delayMs: number): void {
    const due = this.#clock.monotonic() + delayMs;
    if (this.#timer !== undefined && this.#dueMs <= due) return;
    this.#timer?.cancel();
    this.#dueMs = due;
    this.#timer = this.#scheduler.after(delayMs, () => {
      this.#timer = undefined;
      this.#broadcast();
    });
  }

  #message(): Uint8Array {
    return statusCodec.encode({ height: this.#chain.tip().height, earliest: this.#chain.earliest() });
  }
}
