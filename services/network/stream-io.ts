import type { Stream, StreamMessageEvent } from '@libp2p/interface';
import { networkError } from './errors.ts';
import { FrameReader } from './framing.ts';
import { CORK_BYTES } from './limits.ts';

/** The bytes of what a stream delivers. */
export function toBytes(data: StreamMessageEvent['data']): Uint8Array {
  return data instanceof Uint8Array ? data : data.subarray();
}

/** Sends bytes in pieces, each when the stream has room. */
export async function sendAll(stream: Stream, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  for (let offset = 0; offset < bytes.length; offset += CORK_BYTES) {
    const hasRoom = stream.send(bytes.subarray(offset, offset + CORK_BYTES));
    if (!hasRoom) await stream.onDrain({ signal });
  }
}

/**
 * The first message of a stream.
 *
 * @throws `network.malformed-frame`, `network.request-failed` when the stream ends before, and what `signal` says
 */
export function readMessage(stream: Stream, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  const reader = new FrameReader(maxBytes);
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      stream.removeEventListener('message', onMessage);
      stream.removeEventListener('remoteCloseWrite', onEnd);
      stream.removeEventListener('close', onEnd);
      signal.removeEventListener('abort', onAbort);
      settle();
    };
    const onMessage = (event: StreamMessageEvent): void => {
      try {
        const [message] = reader.push(toBytes(event.data));
        if (message !== undefined) finish(() => resolve(message));
      } catch (error) {
        finish(() => reject(error instanceof Error ? error : new Error(String(error))));
      }
    };
    const onEnd = (): void =>
      finish(() =>
        reject(networkError('request-failed', 'the stream ended before the message was complete')),
      );
    const onAbort = (): void =>
      finish(() => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted')));
    if (signal.aborted) {
      onAbort();
      return;
    }
    stream.addEventListener('message', onMessage);
    stream.addEventListener('remoteCloseWrite', onEnd);
    stream.addEventListener('close', onEnd);
    signal.addEventListener('abort', onAbort);
  });
}

/** A signal that aborts after a time, on the injected timers; call `done` when it is no longer needed. */
export function deadline(
  scheduler: { after(delayMs: number, task: () => void): { cancel(): void } },
  delayMs: number,
  reason: () => Error,
  outer?: AbortSignal,
): { signal: AbortSignal; done: () => void } {
  const controller = new AbortController();
  const timer = scheduler.after(delayMs, () => controller.abort(reason()));
  const onOuter = (): void => controller.abort(outer?.reason);
  if (outer?.aborted === true) onOuter();
  outer?.addEventListener('abort', onOuter);
  return {
    signal: controller.signal,
    done() {
      timer.cancel();
      outer?.removeEventListener('abort', onOuter);
    },
  };
}
