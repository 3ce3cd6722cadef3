/** A part of a whole, 0 to 1, exact to a millionth. */
export function shareOf(part: bigint, total: bigint): number {
  return total === 0n ? 0 : Number((part * 1_000_000n) / total) / 1_000_000;
}
