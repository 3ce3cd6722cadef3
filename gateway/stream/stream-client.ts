import type { Cancellable, Clock, CodedError, Scheduler } from '#kernel';
import type { WebSocket } from 'ws';
import { gatewayError } from '../errors.ts';
import { TokenBucket } from '../http/rate-limit.ts';
import { problemOf } from '../http/problem.ts';
import { LIMITS } from '../limits.ts';

/** Close codes of WebSocket (RFC 6455, section 7.4.1). */
export const CLOSE = { goingAway: 1001, policy: 1008, tryAgainLater: 1013 } as const;

/** Bounds of one client's connection. */
export interface ClientLimits {
  readonly queueBytesHigh: number;
  readonly queueBytesMax: number;
  readonly stallMs: number;
  readonly closeMs: number;
  readonly slowCloseMs: number;
}

export const CLIENT_LIMITS: ClientLimits = {
  queueBytesHigh: LIMITS.streamQueueBytesHigh,
  queueBytesMax: LIMITS.streamQueueBytesMax,
  stallMs: LIMITS.streamStallMs,
  closeMs: LIMITS.streamCloseMs,
  slowCloseMs: LIMITS.streamSlowCloseMs,
};

/** One connected client: what waits for it is bounded, and one that does not read is closed, saying so. */
export class StreamClient {
  readonly address: string;
  /** Cursor of the last chain message; where a client that was closed may resume. */
  lastCursor: string | null = null;
  readonly #socket: WebSocket;
  readonly #scheduler: Scheduler;
  readonly #limits: ClientLimits;
  readonly #bucket: TokenBucket;
  readonly #clock: Clock;
  #isAlive = true;
  #isEnding = false;
  #killer: Cancellable | undefined;

  constructor(
    socket: WebSocket,
    address: string,
    ports: { clock: Clock; scheduler: Scheduler },
    limits: ClientLimits,
  ) {
    this.#socket = socket;
    this.address = address;
    this.#clock = ports.clock;
    this.#scheduler = ports.scheduler;
    this.#limits = limits;
    const rate = { perSecond: LIMITS.streamMessagesPerSecond, burst: LIMITS.streamMessagesBurst };
    this.#bucket = new TokenBucket(rate, this.#clock.monotonic());
    socket.on('pong', () => (this.#isAlive = true));
    socket.once('close', () => this.#killer?.cancel());
  }

  get isOpen(): boolean {
    return !this.#isEnding && this.#socket.readyState === this.#socket.OPEN;
  }

  /** False when the client sends messages faster than it may. */
  mayTalk(): boolean {
    this.#isAlive = true;
    return this.#bucket.take(this.#clock.monotonic()) === 0;
  }

  /** Queues a message; a client for which too much waits is closed. */
  send(message: Buffer | string): void {
    if (!this.isOpen) return;
    if (this.#socket.bufferedAmount > this.#limits.queueBytesMax) return this.#endSlow();
    this.#socket.send(message, { binary: false });
  }

  sendJson(value: object): void {
    this.send(JSON.stringify(value));
  }

  /** Says what was wrong with the client's wish, with what correlates it. */
  sendError(error: CodedError, correlation: object = {}): void {
    this.sendJson({ error: problemOf(error), cursor: this.lastCursor, ...correlation });
  }

  /**
   * Waits until little is queued, and lets other work have its turn. A client that reads nothing for too long
   * is closed.
   */
  async drained(): Promise<void> {
    if (this.#socket.bufferedAmount <= this.#limits.queueBytesHigh) {
      return new Promise((resolve) => this.#scheduler.soon(resolve));
    }
    return new Promise((resolve) => {
      const timer = this.#scheduler.after(this.#limits.stallMs, () => this.#endSlow());
      const finish = () => {
        timer.cancel();
        this.#socket.off('close', finish);
        resolve();
      };
      // Called when all that was queued before has left; a ping is small and answered anyway.
      this.#socket.once('close', finish);
      this.#socket.ping(undefined, undefined, finish);
    });
  }

  /** Closes a client that has not answered since the last call, and asks the others to answer. */
  checkAlive(): void {
    if (!this.isOpen) return;
    if (!this.#isAlive) return this.#socket.terminate();
    this.#isAlive = false;
    this.#socket.ping();
  }

  /** Closes in order; a client that does not answer is cut off. */
  close(code: number, reason: string, waitMs: number = this.#limits.closeMs): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#socket.close(code, reason);
    this.#killer = this.#scheduler.after(waitMs, () => this.#socket.terminate());
  }

  #endSlow(): void {
    if (!this.isOpen) return;
    const error = gatewayError(
      'slow-consumer',
      'too much waits for this client; connect again with the cursor, and read faster or subscribe to less',
    );
    const text = JSON.stringify({ error: problemOf(error), cursor: this.lastCursor });
    this.#socket.send(text, { binary: false });
    this.close(CLOSE.tryAgainLater, 'slow consumer', this.#limits.slowCloseMs);
  }
}
