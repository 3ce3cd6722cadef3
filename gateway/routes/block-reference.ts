import { fromHex } from '#kernel';
import { gatewayError } from '../errors.ts';
import type { ChainReader } from '../ports.ts';

/** A block as a request names it. */
export interface BlockReference {
  readonly ref: number | Uint8Array;
  /** True for `latest`: the same request may name another block soon. */
  readonly moves: boolean;
}

/**
 * The block that a text names: a height, a hash in hexadecimal, or `latest`.
 *
 * @throws `gateway.malformed-reference`, `gateway.height-ahead`
 */
export function parseBlockReference(text: string, tipHeight: number): BlockReference {
  if (text === 'latest') return { ref: tipHeight, moves: true };
  if (/^[0-9a-f]{64}$/.test(text)) return { ref: fromHex(text, 32), moves: false };
  const height = Number(text);
  if (!/^(0|[1-9]\d*)$/.test(text) || !Number.isSafeInteger(height)) {
    const message = `"${text}" names no block; give a height, a hash of 64 hexadecimal digits, or latest`;
    throw gatewayError('malformed-reference', message);
  }
  assertFinal(height, tipHeight);
  return { ref: height, moves: false };
}

/** @throws `gateway.height-ahead` when `height` is not final yet */
export function assertFinal(height: number, tipHeight: number): void {
  if (height <= tipHeight) return;
  const message = `height ${height} is not final yet; the chain is at ${tipHeight}`;
  throw gatewayError('height-ahead', message, { height, tip: tipHeight });
}

export function blockNotFound(text: string, { chain }: { chain: ChainReader }) {
  const message = `this node has no block ${text}; its chain is at height ${chain.tip().height}`;
  return gatewayError('block-not-found', message);
}
