import type { Stream } from '@libp2p/interface';
import { concatBytes, fromUtf8, isCodedError, utf8, type Logger, type Scheduler } from '#kernel';
import { networkError } from './errors.ts';
import type { PeerId, RequestOptions } from './face.ts';
import { frame } from './framing.ts';
import type { PeerSession } from './session.ts';
import { deadline, readMessage, sendAll } from './stream-io.ts';

/** First byte of an answer: the body follows, or the reason of a refusal. */
const ANSWER = { body: 0, refusal: 1 } as const;
const REASON_BYTES_MAX = 512;
/** Time in which a request must have come in and its answer gone out. */
const SERVE_TIMEOUT_MS = 30_000;

/** Sends a request to a peer and waits for the answer. */
export async function sendRequest(
  session: PeerSession,
  protocol: string,
  body: Uint8Array,
  { timeoutMs, maxResponseBytes, signal: outer }: RequestOptions,
  scheduler: Scheduler,
): Promise<Uint8Array> {
  const { connection } = session;
  if (connection === undefined)
    throw networkError('peer-gone', `the peer ${session.peer} is not connected`, { peer: session.peer });
  const late = () =>
    networkError('request-timeout', `the peer did not answer ${protocol} within ${timeoutMs} ms`, {
      protocol,
      timeoutMs,
    });
  const { signal, done } = deadline(scheduler, timeoutMs, late, outer);
  let stream: Stream | undefined;
  try {
    stream = await connection.newStream(protocol, { signal });
    await sendAll(stream, frame([body]), signal);
    const answer = await readMessage(stream, Math.max(maxResponseBytes, REASON_BYTES_MAX) + 1, signal);
    const closing = deadline(scheduler, timeoutMs, late);
    void stream
      .close({ signal: closing.signal })
      .catch(() => {})
      .finally(closing.done);
    if (answer[0] === ANSWER.body) return answer.slice(1);
    const reason = fromUtf8(answer.subarray(1));
    throw networkError('request-refused', `the peer refused ${protocol}: ${reason}`, { protocol, reason });
  } catch (error) {
    stream?.abort(error instanceof Error ? error : new Error(String(error)));
    throw describeFailure(error, protocol, signal);
  } finally {
    done();
  }
}

function describeFailure(error: unknown, protocol: string, signal: AbortSignal): unknown {
  if (signal.aborted && isCodedError(signal.reason)) return signal.reason;
  if (isCodedError(error, 'network.malformed-frame')) {
    return networkError(
      'response-too-large',
      `the answer to ${protocol} is larger than asked for`,
      { protocol },
      { cause: error },
    );
  }
  if (isCodedError(error)) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return networkError(
    'request-failed',
    `the request ${protocol} did not get through: ${reason}`,
    { protocol },
    { cause: error },
  );
}

/** Serves one protocol, a bounded number of requests at a time, of which one peer has at most half. */
export class RequestServer {
  readonly #protocol: string;
  readonly #options: { maxRequestBytes: number; maxConcurrent: number };
  readonly #handler: (peer: PeerId, body: Uint8Array) => Promise<Uint8Array>;
  readonly #scheduler: Scheduler;
  readonly #logger: Logger;
  readonly #onMalformed: (peer: PeerId, reason: string) => void;
  #running = 0;
  /** Of each peer that has any. */
  readonly #runningOf = new Map<PeerId, number>();

  constructor(options: {
    protocol: string;
    limits: { maxRequestBytes: number; maxConcurrent: number };
    handler: (peer: PeerId, body: Uint8Array) => Promise<Uint8Array>;
    scheduler: Scheduler;
    logger: Logger;
    onMalformed: (peer: PeerId, reason: string) => void;
  }) {
    this.#protocol = options.protocol;
    this.#options = options.limits;
    this.#handler = options.handler;
    this.#scheduler = options.scheduler;
    this.#logger = options.logger;
    this.#onMalformed = options.onMalformed;
  }

  async serve(peer: PeerId, stream: Stream): Promise<void> {
    const late = () => networkError('request-timeout', `a request of ${this.#protocol} took too long`);
    const { signal, done } = deadline(this.#scheduler, SERVE_TIMEOUT_MS, late);
    let hasPlace = false;
    try {
      const body = await readMessage(stream, this.#options.maxRequestBytes, signal);
      // Only now: a peer that opens streams and says nothing on them takes no place from the others.
      hasPlace = this.#takePlace(peer);
      const answer = hasPlace
        ? await this.#answer(peer, body)
        : refusal('too many requests at once; try again later');
      await sendAll(stream, frame([answer]), signal);
      await stream.close({ signal });
    } catch (error) {
      if (isCodedError(error, 'network.malformed-frame')) this.#onMalformed(peer, error.message);
      this.#logger.debug({ error, peer, protocol: this.#protocol }, 'a request was not served');
      stream.abort(error instanceof Error ? error : new Error(String(error)));
    } finally {
      if (hasPlace) this.#leavePlace(peer);
      done();
    }
  }

  #takePlace(peer: PeerId): boolean {
    const { maxConcurrent } = this.#options;
    const ofPeer = this.#runningOf.get(peer) ?? 0;
    if (this.#running >= maxConcurrent || ofPeer >= Math.ceil(maxConcurrent / 2)) return false;
    this.#running++;
    this.#runningOf.set(peer, ofPeer + 1);
    return true;
  }

  #leavePlace(peer: PeerId): void {
    this.#running--;
    const left = (this.#runningOf.get(peer) ?? 1) - 1;
    if (left > 0) this.#runningOf.set(peer, left);
    else this.#runningOf.delete(peer);
  }

  async #answer(peer: PeerId, body: Uint8Array): Promise<Uint8Array> {
    try {
      return concatBytes(Uint8Array.of(ANSWER.body), await this.#handler(peer, body));
    } catch (error) {
      this.#logger.debug({ error, peer, protocol: this.#protocol }, 'a request was refused');
      return refusal(isCodedError(error) ? `${error.message} [${error.code}]` : 'the request failed');
    }
  }
}

function refusal(reason: string): Uint8Array {
  return concatBytes(Uint8Array.of(ANSWER.refusal), utf8(reason).subarray(0, REASON_BYTES_MAX));
}
