import { BASIS_POINTS } from './arithmetic.ts';
import type { EconomyParameters } from './parameters.ts';
import type { SigningWindow } from './records/records.ts';

/**
 * SLASH-1: marks a missed height. The window is a ring of bits that is written only when something is missed: heights
 * that came between were signed, and are cleared now.
 *
 * @param size blocks of the window
 * @returns the window, and how many of its heights were missed
 */
export function markMissed(
  window: SigningWindow | undefined,
  height: number,
  size: number,
): { readonly window: SigningWindow; readonly missed: number } {
  const bits = window?.bits.slice() ?? new Uint8Array(Math.ceil(size / 8));
  const last = window?.height ?? height;
  if (height - last >= size) bits.fill(0);
  else for (let signed = last + 1; signed < height; signed++) clear(bits, signed % size);
  set(bits, height % size);
  return { window: { height, bits }, missed: count(bits) };
}

/** SLASH-1: misses within the window that are still borne. */
export function missesBorne({ signedBlocksWindow, minSignedBasisPoints }: EconomyParameters): number {
  return signedBlocksWindow - Math.round((signedBlocksWindow * minSignedBasisPoints) / BASIS_POINTS);
}

function set(bits: Uint8Array, at: number): void {
  bits[at >> 3] = (bits[at >> 3] ?? 0) | (1 << (at & 7));
}

function clear(bits: Uint8Array, at: number): void {
  bits[at >> 3] = (bits[at >> 3] ?? 0) & ~(1 << (at & 7));
}

function count(bits: Uint8Array): number {
  let ones = 0;
  for (let byte of bits) for (; byte > 0; byte &= byte - 1) ones++;
  return ones;
}
