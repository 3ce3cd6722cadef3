import type { Multiaddr } from '@multiformats/multiaddr';
import { isCodedError, type Cancellable, type Logger, type Random, type Scheduler } from '#kernel';
import type { PeerId } from './face.ts';
import type { NetworkLimits } from './limits.ts';

export interface DialTarget {
  readonly peer: PeerId;
  readonly address: Multiaddr;
}

export interface DiallerOptions {
  readonly self: PeerId;
  readonly limits: NetworkLimits;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly logger: Logger;
  readonly isConnected: (peer: PeerId) => boolean;
  readonly isBanned: (peer: PeerId) => boolean;
  /** Connects and shakes hands. */
  readonly dial: (target: DialTarget) => Promise<void>;
}

/** Head start of the side with the smaller id, so that two nodes that start together do not dial each other twice. */
const HEAD_START_MS = 300;

/** Keeps the configured peers connected: fast at first, then slower, with jitter. */
export class Dialler {
  readonly #targets: readonly DialTarget[];
  readonly #options: DiallerOptions;
  readonly #timers = new Map<PeerId, Cancellable>();
  readonly #delays = new Map<PeerId, number>();
  #running = false;

  constructor(targets: readonly DialTarget[], options: DiallerOptions) {
    this.#targets = targets;
    this.#options = options;
  }

  start(): void {
    this.#running = true;
    for (const target of this.#targets)
      this.#schedule(target, target.peer < this.#options.self ? HEAD_START_MS : 0);
  }

  stop(): void {
    this.#running = false;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  /** A peer was lost: dial it again soon. */
  lost(peer: PeerId): void {
    const target = this.#targets.find((known) => known.peer === peer);
    if (target === undefined) return;
    this.#delays.delete(peer);
    this.#schedule(target, this.#jittered(this.#options.limits.redialMinMs));
  }

  #schedule(target: DialTarget, delayMs: number): void {
    if (!this.#running) return;
    this.#timers.get(target.peer)?.cancel();
    this.#timers.set(
      target.peer,
      this.#options.scheduler.after(delayMs, () => void this.#dial(target)),
    );
  }

  async #dial(target: DialTarget): Promise<void> {
    const { limits, logger, isConnected, isBanned, dial } = this.#options;
    const { peer } = target;
    if (!this.#running || isConnected(peer)) return;
    const delayMs = this.#delays.get(peer) ?? limits.redialMinMs;
    let nextMs = Math.min(limits.redialMaxMs, delayMs * 2);
    try {
      if (!isBanned(peer)) await dial(target);
      nextMs = limits.redialMinMs;
    } catch (error) {
      const isOtherChain = isCodedError(error) && error.action === 'reject';
      if (isOtherChain) nextMs = limits.refusedRedialMs;
      logger.debug({ error, peer, nextMs }, 'a peer cannot be dialled');
      if (!isOtherChain && nextMs === limits.redialMaxMs && delayMs < nextMs)
        this.#tellUnreachable(peer, error);
    }
    this.#delays.set(peer, nextMs);
    if (!isConnected(peer)) this.#schedule(target, this.#jittered(nextMs));
  }

  /** Once for each time that a peer stays away: what an operator has to look into. */
  #tellUnreachable(peer: PeerId, error: unknown): void {
    const { limits, logger } = this.#options;
    const reason = error instanceof Error ? error.message : String(error);
    logger.warn(
      { peer, reason },
      `a peer cannot be reached and is dialled every ${limits.redialMaxMs / 1000} s: ` +
        'see whether it runs at its address, and compare the clocks of both machines: ' +
        'a clock that is an hour behind finds the certificates of others not valid yet',
    );
  }

  /** Between 75 and 125 percent: nodes that lost a peer together do not come back together. */
  #jittered(delayMs: number): number {
    return Math.round(delayMs * (0.75 + this.#options.random.integer(501) / 1000));
  }
}
