import { systemClock } from '#runtime';
import type { ApiClient } from '../api-client.ts';
import { cliError } from '../errors.ts';

interface StreamMessage {
  readonly topic?: string;
  readonly data?: { readonly height?: number };
  readonly code?: string;
  readonly detail?: string;
}

/** Hears of final blocks over the stream and reads which transactions they hold. */
export class FinalFeed {
  readonly #api: ApiClient;
  readonly #socket: WebSocket;
  readonly #onFinal: (hashes: readonly string[], atMs: number) => void;
  readonly #failed: (error: Error) => void;
  #last: Promise<void> = Promise.resolve();
  #closing = false;
  /** Rejects when the stream ends before `close`. */
  readonly failure: Promise<never>;

  private constructor(
    api: ApiClient,
    socket: WebSocket,
    onFinal: (hashes: readonly string[], atMs: number) => void,
  ) {
    this.#api = api;
    this.#socket = socket;
    this.#onFinal = onFinal;
    const { promise, reject } = Promise.withResolvers<never>();
    this.failure = promise;
    this.failure.catch(() => {});
    this.#failed = reject;
    socket.addEventListener('message', ({ data }) => this.#hear(String(data)));
    socket.addEventListener('close', ({ code, reason }) => {
      if (!this.#closing) reject(cliError('node-unreachable', `the stream ended (${code} ${reason})`));
    });
  }

  /** @param onFinal hashes of a final block, and the monotonic time at which this process heard of it */
  static async open(
    api: ApiClient,
    onFinal: (hashes: readonly string[], atMs: number) => void,
  ): Promise<FinalFeed> {
    const socket = new WebSocket(`${api.base.replace(/^http/, 'ws')}/api/v2/stream?topics=blocks`);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve(), { once: true });
      socket.addEventListener(
        'error',
        () => reject(cliError('node-unreachable', `${api.base} takes no stream`)),
        { once: true },
      );
    });
    return new FinalFeed(api, socket, onFinal);
  }

  /** Ends the stream; what it said before is read to its end. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#socket.close();
    await this.#last;
  }

  #hear(text: string): void {
    const atMs = systemClock.monotonic();
    const message = JSON.parse(text) as StreamMessage;
    const height = message.data?.height;
    if (message.topic !== 'blocks' || height === undefined) return;
    this.#last = this.#last
      .then(async () => {
        const { transactions } = await this.#api.get<{ transactions: string[] }>(`/blocks/${height}`);
        this.#onFinal(transactions, atMs);
      })
      .catch((error: unknown) => this.#failed(error as Error));
  }
}
