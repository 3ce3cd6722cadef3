import type { IncomingMessage } from 'node:http';

/**
 * Ids of requests: the one that a proxy in front gave in `x-request-id`, when it is well formed, otherwise a
 * count after `prefix`, which is random so that the ids of two runs differ.
 */
export function requestIds(prefix: string): (request: Pick<IncomingMessage, 'headers'>) => string {
  let count = 0;
  return ({ headers }) => {
    const given = headers['x-request-id'];
    if (typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given)) return given;
    count++;
    return `${prefix}-${count.toString(36)}`;
  };
}
