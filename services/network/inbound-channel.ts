import type { Stream, StreamMessageEvent } from '@libp2p/interface';
import { isCodedError, type Clock } from '#kernel';
import type { Offence } from './face.ts';
import { FrameReader } from './framing.ts';
import { toBytes } from './stream-io.ts';
import { TokenBucket } from './token-bucket.ts';

export interface InboundOptions {
  readonly messageBytesMax: number;
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
  readonly clock: Clock;
  readonly deliver: (message: Uint8Array) => void;
  readonly offend: (offence: Offence, reason: string) => void;
  readonly count: (messages: number, bytes: number) => void;
}

/** Rates of one peer on one channel, over all its streams. */
export class InboundChannel {
  readonly #options: InboundOptions;
  readonly #messages: TokenBucket;
  readonly #bytes: TokenBucket;
  #closed = false;

  constructor(options: InboundOptions) {
    this.#options = options;
    this.#messages = new TokenBucket(options.messagesPerSecond, options.clock);
    this.#bytes = new TokenBucket(options.bytesPerSecond, options.clock);
  }

  /** Takes nothing more, not even what has come already. */
  close(): void {
    this.#closed = true;
  }

  /** Delivers the messages of a stream until it ends, is malformed, or the channel is closed. */
  read(stream: Stream): void {
    const reader = new FrameReader(this.#options.messageBytesMax);
    stream.addEventListener('message', (event: StreamMessageEvent) => {
      if (this.#closed) return;
      try {
        this.#take(reader.push(toBytes(event.data)));
      } catch (error) {
        if (!isCodedError(error)) throw error;
        this.#options.offend('malformed', error.message);
        stream.abort(error);
      }
    });
  }

  #take(messages: readonly Uint8Array[]): void {
    const { count, deliver, offend } = this.#options;
    for (const message of messages) {
      // A chunk holds thousands of small messages, and any of them may be the one that ends the session.
      if (this.#closed) return;
      count(1, message.length);
      if (this.#messages.take(1) && this.#bytes.take(message.length)) deliver(message);
      else offend('flood', 'more messages or bytes than the channel takes');
    }
  }
}
