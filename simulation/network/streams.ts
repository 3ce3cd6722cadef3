import type { Lane } from './wire.ts';

/** Bytes under way on a stream beyond which its sender must wait. */
const WINDOW_BYTES = 256 * 1024;

type Listener = (event: { readonly type: string; readonly data?: Uint8Array }) => void;

/** Listeners by event: as much of an `EventTarget` as the network context uses. */
export class Emitter {
  readonly #listeners = new Map<string, Set<Listener>>();

  addEventListener(type: string, listener: Listener): void {
    const known = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, known.add(listener));
  }

  removeEventListener(type: string, listener: Listener): void {
    this.#listeners.get(type)?.delete(listener);
  }

  protected listens(type: string): boolean {
    return (this.#listeners.get(type)?.size ?? 0) > 0;
  }

  protected emit(type: string, data?: Uint8Array): void {
    const listeners = this.#listeners.get(type);
    if (listeners === undefined) return;
    for (const listener of listeners) listener(data === undefined ? { type } : { type, data });
  }
}

/** What a stream needs of the end of the connection that it belongs to. */
export interface StreamCarrier {
  readonly lane: Lane;
  readonly isOpen: boolean;
  /** Runs `arrive` on the other machine, unless it or the connection is gone. */
  carry(arrive: () => void, size: number, isControl: boolean): void;
  /** The stream says something for the first time: its protocol's handler takes it. */
  accept(stream: SimulatedStream, protocol: string): void;
}

/** One side of a stream. What is sent in one piece arrives in one piece, or not at all. */
export class SimulatedStream extends Emitter {
  readonly protocol: string;
  readonly #carrier: StreamCarrier;
  #other: SimulatedStream | undefined;
  #isAccepted: boolean;
  #isClosed = false;
  #underWay = 0;
  #unread: Uint8Array[] = [];
  #drains: { resolve: () => void; reject: (error: Error) => void }[] = [];

  constructor(protocol: string, carrier: StreamCarrier, isAccepted: boolean) {
    super();
    this.protocol = protocol;
    this.#carrier = carrier;
    this.#isAccepted = isAccepted;
  }

  static pair(protocol: string, near: StreamCarrier, far: StreamCarrier): SimulatedStream {
    const stream = new SimulatedStream(protocol, near, true);
    const other = new SimulatedStream(protocol, far, false);
    stream.#other = other;
    other.#other = stream;
    return stream;
  }

  override addEventListener(type: string, listener: Listener): void {
    super.addEventListener(type, listener);
    if (type !== 'message') return;
    for (const data of this.#unread.splice(0)) this.emit('message', data);
  }

  /** False when the sender should wait for `onDrain`. */
  send(bytes: Uint8Array): boolean {
    const other = this.#other;
    if (this.#isClosed || other === undefined || !this.#carrier.isOpen)
      throw new Error('the stream is closed');
    const piece = bytes.slice();
    this.#underWay += piece.length;
    let hasArrived = false;
    this.#carrier.carry(
      () => {
        if (!hasArrived) this.#arrived(piece.length);
        hasArrived = true;
        other.#receive(piece);
      },
      piece.length,
      false,
    );
    return this.#underWay < WINDOW_BYTES;
  }

  onDrain({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    if (this.#underWay < WINDOW_BYTES) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#drains.push({ resolve, reject });
      signal?.addEventListener('abort', () => reject(reasonOf(signal)), { once: true });
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    const other = this.#other;
    if (this.#carrier.isOpen) this.#carrier.carry(() => other?.emit('remoteCloseWrite'), 0, true);
    this.#end();
  }

  abort(): void {
    if (this.#isClosed) return;
    const other = this.#other;
    if (this.#carrier.isOpen) this.#carrier.carry(() => other?.end(), 0, true);
    this.#end();
  }

  /** The connection is gone. */
  end(): void {
    this.#end();
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unread = [];
    for (const { reject } of this.#drains.splice(0)) reject(new Error('the stream is closed'));
    this.emit('close');
  }

  #arrived(size: number): void {
    this.#underWay -= size;
    if (this.#underWay >= WINDOW_BYTES / 2) return;
    for (const { resolve } of this.#drains.splice(0)) resolve();
  }

  #receive(data: Uint8Array): void {
    if (this.#isClosed) return;
    if (!this.#isAccepted) {
      this.#isAccepted = true;
      this.#carrier.accept(this, this.protocol);
    }
    if (this.listens('message')) this.emit('message', data);
    else this.#unread.push(data);
  }
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted');
}
