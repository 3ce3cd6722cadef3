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

/** Bytes that the buffer of an incomplete message has at first. */
const BUFFER_BYTES_MIN = 1024;

/** Cuts a stream of chunks into messages. Holds one incomplete message at most. */
export class FrameReader {
  readonly #maxBytes: number;
  /**
   * The incomplete message at its beginning. One buffer, not a list of chunks: a peer chooses how small they are, and
   * a list of single bytes would take many times their memory, and the square of their number in time.
   */
  #buffer = new Uint8Array(0);
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
    const messages: Uint8Array[] = [];
    let offset = 0;
    // First what completes the message begun before: its length, then the rest.
    while (this.#buffered > 0 && offset < chunk.length) {
      const wanted =
        this.#buffered < LENGTH_BYTES ? LENGTH_BYTES : LENGTH_BYTES + this.#lengthAt(this.#buffer, 0);
      const part = chunk.subarray(offset, offset + wanted - this.#buffered);
      this.#keep(part, wanted);
      offset += part.length;
      if (this.#buffered < LENGTH_BYTES) break;
      const end = LENGTH_BYTES + this.#lengthAt(this.#buffer, 0);
      if (this.#buffered < end) continue;
      messages.push(this.#buffer.slice(LENGTH_BYTES, end));
      this.#buffer = new Uint8Array(0);
      this.#buffered = 0;
    }
    while (chunk.length - offset >= LENGTH_BYTES) {
      const end = offset + LENGTH_BYTES + this.#lengthAt(chunk, offset);
      if (end > chunk.length) break;
      // A copy: `slice` of a Buffer would share its memory.
      messages.push(new Uint8Array(chunk.subarray(offset + LENGTH_BYTES, end)));
      offset = end;
    }
    if (offset < chunk.length) {
      this.#keep(chunk.subarray(offset), this.#maxBytes + LENGTH_BYTES);
    }
    return messages;
  }

  #lengthAt(bytes: Uint8Array, offset: number): number {
    const length = readUint32(bytes, offset);
    if (length <= this.#maxBytes) return length;
    throw networkError(
      'malformed-frame',
      `a message of ${length} bytes is announced; at most ${this.#maxBytes} are taken`,
      {
        length,
        max: this.#maxBytes,
      },
    );
  }

  /** Appends to the buffer, which grows to the double, so that each byte is copied a few times at most. */
  #keep(bytes: Uint8Array, bytesMax: number): void {
    const needed = this.#buffered + bytes.length;
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(
        Math.max(needed, Math.min(bytesMax, Math.max(BUFFER_BYTES_MIN, 2 * needed))),
      );
      grown.set(this.#buffer.subarray(0, this.#buffered));
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, this.#buffered);
    this.#buffered = needed;
  }
}
