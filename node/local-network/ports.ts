import { createServer } from 'node:net';
import { systemRandom } from '#runtime';

// Linux gives outgoing connections the ports from 32,768, other systems those from 49,152. A port from there that
// is free now may be the local end of somebody's connection a moment later, before who asked for it listens.
const FIRST_PORT = 10_000;
const END_PORT = 32_768;
const DRAWS_MAX = 10_000;

/** What this process gave away once, whether or not it is in use by now. */
const given = new Set<number>();

/**
 * `count` different free TCP ports of 127.0.0.1, none given before by this process, none of those that systems give
 * to outgoing connections, and none that is `meant` for somebody who does not listen yet.
 *
 * @throws when none is found
 */
export async function freePorts(count: number, meant: readonly number[] = []): Promise<number[]> {
  const ports: number[] = [];
  for (let draws = 0; ports.length < count; draws++) {
    if (draws === DRAWS_MAX) throw new Error(`no free port between ${FIRST_PORT} and ${END_PORT - 1}`);
    const port = FIRST_PORT + systemRandom.integer(END_PORT - FIRST_PORT);
    if (given.has(port) || meant.includes(port)) continue;
    given.add(port);
    if (await isPortFree(port)) ports.push(port);
  }
  return ports;
}

/** True when the port of 127.0.0.1 can be bound now. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return true;
  } catch {
    return false;
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
