import type { FastifyReply, FastifyRequest } from 'fastify';

/** Headers of every answer. Data is never a page: nothing may be loaded or framed from it. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

/** For what is final and addressed by hash or height. */
export const IMMUTABLE = 'public, max-age=31536000, immutable';
/** For what may change with the next block: ask again, but with the ETag. */
export const REVALIDATE = 'no-cache';
/** For what is true for this moment only. */
export const NO_STORE = 'no-store';

/**
 * Sets ETag and Cache-Control and tells whether the client holds the same answer already (RFC 9110, section
 * 13.1.2); then the reply is a 304 and the caller sends an empty body.
 *
 * @param tag text that names the content; quotes are added
 */
export function isUnchanged(
  request: FastifyRequest,
  reply: FastifyReply,
  tag: string,
  cacheControl: string,
): boolean {
  const etag = `"${tag}"`;
  void reply.header('etag', etag).header('cache-control', cacheControl);
  const held = request.headers['if-none-match'];
  if (held === undefined || !namesTag(held, etag)) return false;
  void reply.code(304);
  return true;
}

function namesTag(header: string, etag: string): boolean {
  if (header === '*' || header === etag) return true;
  return header.split(',').some((part) => part.trim().replace(/^W\//, '') === etag);
}
