import type { Connection, Stream } from '@libp2p/interface';
import type { Cancellable, Scheduler } from '#kernel';
import { frame } from './framing.ts';
import { CORK_BYTES } from './limits.ts';
import { deadline } from './stream-io.ts';

export interface OutboundLimits {
  readonly queueMessagesMax: number;
  readonly queueBytesMax: number;
  readonly stallTimeoutMs: number;
}

/**
 * The messages that wait for one peer on one channel, and the stream that they leave by. Messages of one tick
 * go as one piece: a send costs a socket write, a muxer frame and a cipher record, whatever its size.
 */
export class OutboundChannel {
  readonly #protocol: string;
  readonly #limits: OutboundLimits;
  readonly #scheduler: Scheduler;
  readonly #onFailure: (error: unknown) => void;
  #connection: Connection | undefined;
  #stream: Stream | undefined;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #tick: Cancellable | undefined;
  #busy = false;
  #closed = false;
  messagesOut = 0;
  bytesOut = 0;

  constructor(options: {
    protocol: string;
    limits: OutboundLimits;
    scheduler: Scheduler;
    onFailure: (error: unknown) => void;
  }) {
    this.#protocol = options.protocol;
    this.#limits = options.limits;
    this.#scheduler = options.scheduler;
    this.#onFailure = options.onFailure;
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0 && !this.#busy;
  }

  get bytesQueued(): number {
    return this.#queuedBytes;
  }

  /** Uses another connection from now on; the stream is opened when there is something to send. */
  use(connection: Connection): void {
    if (this.#connection === connection) return;
    this.#connection = connection;
    this.#stream?.abort(new Error('another connection takes over'));
    this.#stream = undefined;
    this.#schedule();
  }

  enqueue(message: Uint8Array): boolean {
    const { queueMessagesMax, queueBytesMax } = this.#limits;
    if (this.#closed || this.#queue.length >= queueMessagesMax) return false;
    if (this.#queuedBytes + message.length > queueBytesMax) return false;
    this.#queue.push(message);
    this.#queuedBytes += message.length;
    this.#schedule();
    return true;
  }

  close(): void {
    this.#closed = true;
    this.#tick?.cancel();
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#stream?.abort(new Error('the channel is closed'));
    this.#stream = undefined;
  }

  #schedule(): void {
    if (this.#busy || this.#closed || this.#queue.length === 0 || this.#connection === undefined) return;
    this.#tick ??= this.#scheduler.soon(() => {
      this.#tick = undefined;
      void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    const connection = this.#connection;
    if (this.#busy || this.#closed || connection === undefined) return;
    this.#busy = true;
    try {
      while (this.#queue.length > 0 && !this.#closed && connection === this.#connection) {
        this.#stream ??= await this.#open(connection);
        const hasRoom = this.#stream.send(this.#next());
        if (!hasRoom) await this.#waitForRoom(this.#stream);
      }
    } catch (error) {
      this.#stream = undefined;
      if (connection === this.#connection && !this.#closed) this.#onFailure(error);
    } finally {
      this.#busy = false;
      this.#schedule();
    }
  }

  async #open(connection: Connection): Promise<Stream> {
    const late = () => new Error('the peer opens no stream');
    const { signal, done } = deadline(this.#scheduler, this.#limits.stallTimeoutMs, late);
    try {
      const stream = await connection.newStream(this.#protocol, { signal });
      stream.addEventListener('close', () => {
        if (this.#stream === stream) this.#stream = undefined;
      });
      return stream;
    } finally {
      done();
    }
  }

  async #waitForRoom(stream: Stream): Promise<void> {
    const stall = new AbortController();
    const timer = this.#scheduler.after(this.#limits.stallTimeoutMs, () =>
      stall.abort(new Error('the peer takes nothing')),
    );
    try {
      await stream.onDrain({ signal: stall.signal });
    } finally {
      timer.cancel();
    }
  }

  /** The messages of this tick as one piece. */
  #next(): Uint8Array {
    let bytes = 0;
    let count = 0;
    while (count < this.#queue.length && (count === 0 || bytes < CORK_BYTES)) {
      bytes += (this.#queue[count] as Uint8Array).length;
      count++;
    }
    const messages = this.#queue.splice(0, count);
    this.#queuedBytes -= bytes;
    this.messagesOut += count;
    this.bytesOut += bytes;
    return frame(messages);
  }
}
