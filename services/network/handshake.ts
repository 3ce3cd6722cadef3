import type { Connection, Stream } from '@libp2p/interface';
import type { Scheduler } from '#kernel';
import { networkError } from './errors.ts';
import type { Hello } from './face.ts';
import { frame } from './framing.ts';
import { decodeHello, encodeHello } from './hello.ts';
import { HELLO_BYTES_MAX } from './limits.ts';
import { deadline, readMessage, sendAll } from './stream-io.ts';

export const HELLO_PROTOCOL = '/bizra/hello/1';

/**
 * Says hello over a new connection and hears the peer's. The dialler speaks first; the other side answers with
 * its own hello whatever it heard, so that both know why they part.
 *
 * @throws `network.handshake-failed`, `kernel.*`
 */
export async function greet(
  connection: Connection,
  hello: Hello,
  options: { scheduler: Scheduler; timeoutMs: number },
): Promise<Hello> {
  return exchange(options, async (signal) => {
    const stream = await connection.newStream(HELLO_PROTOCOL, { signal });
    await sendAll(stream, frame([encodeHello(hello)]), signal);
    const answer = await readMessage(stream, HELLO_BYTES_MAX, signal);
    await stream.close({ signal });
    return decodeHello(answer);
  });
}

/** Answers the hello that a dialler says on its stream. */
export async function answerGreeting(
  stream: Stream,
  hello: Hello,
  options: { scheduler: Scheduler; timeoutMs: number },
): Promise<Hello> {
  return exchange(options, async (signal) => {
    const heard = await readMessage(stream, HELLO_BYTES_MAX, signal);
    await sendAll(stream, frame([encodeHello(hello)]), signal);
    return decodeHello(heard);
  });
}

async function exchange(
  { scheduler, timeoutMs }: { scheduler: Scheduler; timeoutMs: number },
  work: (signal: AbortSignal) => Promise<Hello>,
): Promise<Hello> {
  const late = () =>
    networkError('handshake-failed', `the peer did not complete the handshake within ${timeoutMs} ms`);
  const { signal, done } = deadline(scheduler, timeoutMs, late);
  try {
    return await work(signal);
  } finally {
    done();
  }
}
