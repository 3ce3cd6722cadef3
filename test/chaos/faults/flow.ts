import type { Socket } from 'node:net';
import type { Link } from './link.ts';

/** Bytes of one connection that wait on a link: as much as the buffers of a real path hold. */
const QUEUE_BYTES_MAX = 4 * 2 ** 20;

interface Piece {
  /** Undefined: the sender will say no more. */
  readonly bytes: Buffer | undefined;
  readonly dueMs: number;
}

/** One direction of one connection: takes from a socket, gives to another as the link allows. */
export class Flow {
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #link: Link;
  readonly #chance: () => number;
  readonly #queue: Piece[] = [];
  readonly #unsubscribe: () => void;
  #queuedBytes = 0;
  #lastDueMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #isFull = false;

  constructor(source: Socket, sink: Socket, link: Link, chance: () => number) {
    this.#source = source;
    this.#sink = sink;
    this.#link = link;
    this.#chance = chance;
    source.on('data', (bytes: Buffer) => this.#take(bytes));
    source.on('end', () => this.#take(undefined));
    sink.on('drain', () => {
      this.#isFull = false;
      this.#give();
    });
    this.#unsubscribe = link.onChange(() => this.#give());
    this.#give();
  }

  /** True when nothing waits that the link would let through. */
  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  stop(): void {
    this.#unsubscribe();
    clearTimeout(this.#timer);
    this.#queue.length = 0;
  }

  #take(bytes: Buffer | undefined): void {
    const nowMs = performance.now();
    this.#lastDueMs = this.#link.dueAt(bytes?.length ?? 0, nowMs, this.#lastDueMs, this.#chance);
    this.#queue.push({ bytes, dueMs: this.#lastDueMs });
    this.#queuedBytes += bytes?.length ?? 0;
    this.#give();
  }

  /** Gives what is due, and takes more only while there is room: the sender's own buffers fill up, as on a real path. */
  #give(): void {
    clearTimeout(this.#timer);
    const isCut = this.#link.cut !== undefined;
    for (;;) {
      const next = this.#queue[0];
      if (isCut || this.#isFull || next === undefined) break;
      const leftMs = next.dueMs - performance.now();
      if (leftMs > 0) {
        this.#timer = setTimeout(() => this.#give(), Math.max(1, leftMs));
        break;
      }
      this.#queue.shift();
      if (next.bytes === undefined) this.#sink.end();
      else this.#pass(next.bytes);
    }
    if (isCut || this.#queuedBytes > QUEUE_BYTES_MAX) this.#source.pause();
    else this.#source.resume();
  }

  #pass(bytes: Buffer): void {
    this.#queuedBytes -= bytes.length;
    this.#link.bytes += bytes.length;
    if (this.#sink.writable) this.#isFull = !this.#sink.write(bytes);
  }
}
