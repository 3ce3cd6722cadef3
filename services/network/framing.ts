import { readUint32, writeUint32 } from '#kernel';
import { networkError } from './errors.ts';

const LENGTH_BYTES = 4;

/** Messages one after the other, each after its length as a 32-bit big-endian integer. */
export function frame(messages: readonly Uint8Array[]): Uint8Array {
  const total = messages.reduce((sum, message) => sum + LENGTH_BYTES + message.length, 0);
  const framed = new Uint8Array(total);
  let offset = 0;
  for (const message of messages) {
    writeUint32(framed, offset, message.length);
    framed.set(message, offset + LENGTH_BYTES);
    offset += LENGTH_BYTES + message.length;
  }
  return framed;
}

/** Cuts a stream of chunks into messages. Holds one incomplete message at most. */
export class FrameReader {
  readonly #maxBytes: number;
  #chunks: Uint8Array[] = [];
  #buffered = 0;

  /** @param maxBytes of one message */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** True when the stream may end here. */
  get isAtBoundary(): boolean {
    return this.#buffered === 0;
  }

  /**
   * The messages that are complete with this chunk. A message shares no memory with the chunk's successors.
   *
   * @throws `network.malformed-frame` for a length above the limit, before anything of it is kept
   */
  push(chunk: Uint8Array): Uint8Array[] {
    if (chunk.length === 0) return [];
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    const messages: Uint8Array[] = [];
    while (this.#buffered >= LENGTH_BYTES) {
      const length = readUint32(this.#peek(LENGTH_BYTES), 0);
      if (length > this.#maxBytes) {
        throw networkError(
          'malformed-frame',
          `a message of ${length} bytes is announced; at most ${this.#maxBytes} are taken`,
          {
            length,
            max: this.#maxBytes,
          },
        );
      }
      if (this.#buffered < LENGTH_BYTES + length) break;
      this.#take(LENGTH_BYTES);
      messages.push(this.#take(length));
    }
    return messages;
  }

  /** The first `count` bytes, left in place. */
  #peek(count: number): Uint8Array {
    const [first] = this.#chunks;
    if (first !== undefined && first.length >= count) return first.subarray(0, count);
    const bytes = this.#take(count);
    this.#chunks.unshift(bytes);
    this.#buffered += count;
    return bytes;
  }

  #take(count: number): Uint8Array {
    this.#buffered -= count;
    const [first] = this.#chunks;
    if (first !== undefined && first.length > count) {
      this.#chunks[0] = first.subarray(count);
      return first.slice(0, count);
    }
    const bytes = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      const chunk = this.#chunks[0] as Uint8Array;
      const part = chunk.subarray(0, count - filled);
      bytes.set(part, filled);
      filled += part.length;
      if (part.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.length);
    }
    return bytes;
  }
}
