/** Denominator of rewards by unit of power and by share: fractions of a base unit are kept as 10^-18 of one, which divides by what people divide by. */
export const SCALE = 10n ** 18n;

/** Basis points of a whole. */
export const BASIS_POINTS = 10_000;

/** ⌊a · b / c⌋ of non-negative integers; what is left over stays where it was. */
export function mulDivFloor(a: bigint, b: bigint, c: bigint): bigint {
  return (a * b) / c;
}

/** ⌈a · b / c⌉ of non-negative integers: who takes out pays for the rounding. */
export function mulDivCeil(a: bigint, b: bigint, c: bigint): bigint {
  return (a * b + c - 1n) / c;
}

/** ⌊amount · basisPoints / 10,000⌋ */
export function partOf(amount: bigint, basisPoints: number): bigint {
  return (amount * BigInt(basisPoints)) / BigInt(BASIS_POINTS);
}

export function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
