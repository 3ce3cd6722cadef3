import type { Cancellable, Clock, Logger, Scheduler } from '#kernel';
import { durationText, Moments } from './moments.ts';

export interface CountdownTick {
  /** Whole seconds, 0 when the genesis time is reached. */
  readonly secondsLeft: number;
  /** For people. */
  readonly text: string;
  /** Whether it is worth a line of its own, where lines stay. */
  readonly isMoment: boolean;
}

export interface CountdownComponents {
  readonly genesisTimeMs: number;
  /** The chain has begun, whatever this machine's clock says. */
  readonly hasBlocks: boolean;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

/** Whole seconds until the genesis time, rounded up; undefined from then on. Pure. */
export function secondsToGenesis(genesisTimeMs: number, nowMs: number): number | undefined {
  const leftMs = genesisTimeMs - nowMs;
  return leftMs > 0 ? Math.ceil(leftMs / 1_000) : undefined;
}

/** What a look at the countdown is worth saying: see `CountdownTick`. */
export function tickOf(genesisTimeMs: number, secondsLeft: number, moments: Moments): CountdownTick {
  const time = new Date(genesisTimeMs).toISOString();
  const text =
    secondsLeft === 0
      ? `the genesis time ${time} is reached`
      : `waiting for the genesis time ${time}: ${durationText(secondsLeft)} left`;
  return { secondsLeft, text, isMoment: moments.isDue(secondsLeft) };
}

/**
 * Counts the seconds down to the genesis time. It looks at the clock anew each second: the clock may be set
 * meanwhile, and no timer is longer than the machine's timers can be.
 */
export class Countdown {
  readonly #components: CountdownComponents;
  readonly #moments = new Moments();
  readonly #listeners = new Set<(tick: CountdownTick) => void>();
  #last: CountdownTick | undefined;
  #timer: Cancellable | undefined;

  constructor(components: CountdownComponents) {
    this.#components = components;
  }

  /** Does nothing when the genesis time is reached already, or the chain has begun. */
  start(): void {
    const { genesisTimeMs, clock, hasBlocks } = this.#components;
    if (!hasBlocks && secondsToGenesis(genesisTimeMs, clock.now()) !== undefined) this.#tick();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Calls back each second while it counts, at once for where it stands, and once more when it is over. */
  onTick(listener: (tick: CountdownTick) => void): void {
    if (this.#timer === undefined) return;
    this.#listeners.add(listener);
    if (this.#last !== undefined) listener({ ...this.#last, isMoment: true });
  }

  #tick(): void {
    const { genesisTimeMs, clock, scheduler, logger } = this.#components;
    this.#timer = undefined;
    const nowMs = clock.now();
    const tick = tickOf(genesisTimeMs, secondsToGenesis(genesisTimeMs, nowMs) ?? 0, this.#moments);
    this.#last = tick;
    if (tick.isMoment) logger.info({ genesisTimeMs, secondsLeft: tick.secondsLeft }, tick.text);
    if (tick.secondsLeft > 0) {
      this.#timer = scheduler.after((genesisTimeMs - nowMs) % 1_000 || 1_000, () => this.#tick());
    }
    for (const listener of this.#listeners) listener(tick);
    if (tick.secondsLeft === 0) this.#listeners.clear();
  }
}
