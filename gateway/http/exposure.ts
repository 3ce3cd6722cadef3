/**
 * Requests that are open to anybody although they are not reads: a submission carries its own authority in its
 * signatures, the others change nothing.
 */
const OPEN_COMMANDS: ReadonlySet<string> = new Set([
  'POST /api/v2/transactions',
  'POST /api/v2/transactions/estimate',
  'POST /api/v2/genesis/validate',
]);

/** True when a route may be reached from beyond loopback. Whatever is added later is closed until named here. */
export function isOpenToPublic(method: string, route: string): boolean {
  return method === 'GET' || method === 'HEAD' || OPEN_COMMANDS.has(`${method} ${route}`);
}
