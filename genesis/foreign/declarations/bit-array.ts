import type { CompactBitArray } from 'cosmjs-types/cosmos/crypto/multisig/v1beta1/multisig';

/**
 * Positions of the set bits of a compact bit array, first bit highest.
 *
 * @param size number of bits that it must have
 * @returns undefined for another number of bits, or bits set beyond the last
 */
export function positionsOf({ extraBitsStored, elems }: CompactBitArray, size: number): number[] | undefined {
  if (extraBitsStored > 7) return undefined;
  const bits = extraBitsStored === 0 ? elems.length * 8 : (elems.length - 1) * 8 + extraBitsStored;
  if (bits !== size) return undefined;
  const positions: number[] = [];
  for (let i = 0; i < elems.length * 8; i++) {
    if (((elems[i >> 3] ?? 0) & (0x80 >> (i & 7))) === 0) continue;
    if (i >= size) return undefined;
    positions.push(i);
  }
  return positions;
}
